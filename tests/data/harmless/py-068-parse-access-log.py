import collections
import gzip
import re
import sys
from pathlib import Path

LINE = re.compile(r'(?P<ip>\S+) \S+ \S+ \[[^]]+\] "(?P<verb>\S+) (?P<path>\S+)[^"]*" (?P<status>\d{3}) (?P<size>\S+)')
status, pages = collections.Counter(), collections.Counter()

for log in sorted(Path("/var/log/nginx").glob("access.log*")):
    opener = gzip.open if log.suffix == ".gz" else open
    with opener(log, "rt", errors="replace") as lines:
        for line in lines:
            if m := LINE.match(line):
                status[m["status"]] += 1
                pages[m["path"].split("?")[0]] += 1

for code, n in sorted(status.items()):
    print(code, n)
for page, n in pages.most_common(int(sys.argv[1]) if len(sys.argv) > 1 else 10):
    print(f"{n:8} {page}")
