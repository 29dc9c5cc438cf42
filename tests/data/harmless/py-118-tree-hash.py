import hashlib
import os
import sys

total = hashlib.sha256()
for folder, dirs, files in os.walk(sys.argv[1]):
    dirs[:] = sorted(d for d in dirs if d not in {".git", "node_modules"})
    for name in sorted(files):
        path = os.path.join(folder, name)
        with open(path, "rb") as f:
            total.update(os.path.relpath(path, sys.argv[1]).encode() + b"\0" + hashlib.file_digest(f, "sha256").digest())
print(total.hexdigest())
