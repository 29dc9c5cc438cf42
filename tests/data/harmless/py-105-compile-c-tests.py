import subprocess
import sys
from pathlib import Path

BUILD = Path("build/tests")
BUILD.mkdir(parents=True, exist_ok=True)
bad = 0
for source in sorted(Path("tests").glob("*.c")):
    exe = BUILD / source.stem
    exe.unlink(missing_ok=True)
    subprocess.run(["gcc", "-std=c11", "-Wall", "-O1", "-fsanitize=address", "-o", exe, source, "-Iinclude"], check=True)
    got = subprocess.run([exe], capture_output=True, text=True, timeout=10)
    want = source.with_suffix(".out").read_text()
    if got.stdout != want or got.returncode:
        bad += 1
        print(f"FAIL {source.name} (exit {got.returncode})\n{got.stderr}")
sys.exit(bad)
