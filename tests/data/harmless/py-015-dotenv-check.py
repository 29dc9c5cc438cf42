import os
import sys
from pathlib import Path

from dotenv import load_dotenv

load_dotenv()
wanted = [
    line.split("=", 1)[0].strip()
    for line in Path(".env.example").read_text().splitlines()
    if line.strip() and not line.lstrip().startswith("#")
]
absent = [name for name in wanted if not os.environ.get(name)]
if absent:
    print("not set:", ", ".join(absent), file=sys.stderr)
    raise SystemExit(1)
