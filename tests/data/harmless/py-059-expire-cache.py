import os
import pathlib

CACHE = pathlib.Path(os.path.expanduser("~/.cache/tiles"))
LIMIT = 500 * 1024 * 1024

entries = [(p.stat().st_atime, p.stat().st_size, p) for p in CACHE.rglob("*.png")]
size = sum(s for _, s, _ in entries)
for _, s, p in sorted(entries):
    if size <= LIMIT:
        break
    p.unlink(missing_ok=True)
    size -= s
