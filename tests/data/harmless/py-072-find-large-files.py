import heapq
import os
import sys

start = sys.argv[1] if len(sys.argv) > 1 else "/var"
biggest = []
stack = [start]
while stack:
    try:
        with os.scandir(stack.pop()) as entries:
            for e in entries:
                if e.is_dir(follow_symlinks=False):
                    stack.append(e.path)
                elif e.is_file(follow_symlinks=False):
                    heapq.heappush(biggest, (e.stat().st_size, e.path))
                    if len(biggest) > 20:
                        heapq.heappop(biggest)
    except PermissionError:
        continue
for size, path in sorted(biggest, reverse=True):
    print(f"{size / 2**20:9.1f} MiB  {path}")
