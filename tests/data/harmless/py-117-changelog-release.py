import datetime
import os
import re
import subprocess
import sys
from pathlib import Path

part = sys.argv[1]
pyproject = Path("pyproject.toml")
text = pyproject.read_text()
old = re.search(r'^version = "(\d+)\.(\d+)\.(\d+)"', text, re.M)
major, minor, patch = map(int, old.groups())
new = {"major": f"{major + 1}.0.0", "minor": f"{major}.{minor + 1}.0", "patch": f"{major}.{minor}.{patch + 1}"}[part]
pyproject.write_text(text.replace(old[0], f'version = "{new}"'))

log = Path("CHANGELOG.md")
log.write_text(log.read_text().replace("## Unreleased", f"## Unreleased\n\n## {new} ({datetime.date.today()})", 1))

git = lambda *a: subprocess.run(("git",) + a, check=True, env={**os.environ, "GIT_EDITOR": "true"})
git("commit", "-am", f"release {new}")
git("tag", "-s", f"v{new}", "-m", new)
if "--push" in sys.argv:
    git("push", "--follow-tags")
