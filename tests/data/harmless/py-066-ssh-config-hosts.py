import fnmatch
import pathlib
import sys

wanted = sys.argv[1] if len(sys.argv) > 1 else "*"
config = pathlib.Path.home() / ".ssh" / "config"
current = []
for line in config.read_text().splitlines():
    words = line.split()
    if not words or words[0].startswith("#"):
        continue
    if words[0].lower() == "host":
        current = [w for w in words[1:] if fnmatch.fnmatch(w, wanted)]
    elif words[0].lower() == "hostname":
        for alias in current:
            print(f"{alias:20} {words[1]}")
