import subprocess
import sys


def git(*args):
    return subprocess.run(["git", *args], check=True, capture_output=True, text=True).stdout.strip()


base = git("merge-base", "HEAD", sys.argv[1] if len(sys.argv) > 1 else "origin/main")
changed = git("diff", "--name-only", "--diff-filter=d", base).splitlines()
print("\n".join(name for name in changed if name.endswith(".py")))
