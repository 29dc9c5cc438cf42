import stat
from pathlib import Path

HOOK = """#!/bin/sh
head -1 "$1" | grep -Eq '^(feat|fix|docs|test|chore)(\\([a-z-]+\\))?: ' || {
  echo "commit message: type(scope): summary" >&2
  exit 1
}
"""

hook = Path(".git/hooks/commit-msg")
if hook.exists() and hook.read_text() != HOOK:
    raise SystemExit(f"{hook} is there and is not ours")
hook.write_text(HOOK)
hook.chmod(hook.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
print("installed", hook)
