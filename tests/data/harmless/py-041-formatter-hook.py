import shlex
import subprocess
import sys

staged = subprocess.check_output(["git", "diff", "--cached", "--name-only", "-z", "--", "*.py"]).decode().split("\0")[:-1]
if not staged:
    sys.exit()

failed = False
for command in ("ruff format", "ruff check --fix", "mypy --ignore-missing-imports"):
    failed |= subprocess.call(shlex.split(command) + staged) != 0
subprocess.check_call(["git", "add", "--", *staged])
sys.exit(failed)
