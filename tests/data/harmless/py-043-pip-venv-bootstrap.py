"""Set up a development environment: python bootstrap.py"""
import subprocess
import sys
import venv
from pathlib import Path

if sys.version_info < (3, 10):
    sys.exit("Python 3.10 or newer is needed")

target = Path(__file__).parent / ".venv"
if not target.exists():
    venv.create(target, with_pip=True)

bin_dir = target / ("Scripts" if sys.platform == "win32" else "bin")
pip = [str(bin_dir / "python"), "-m", "pip"]
subprocess.check_call(pip + ["install", "--upgrade", "pip", "wheel"])
subprocess.check_call(pip + ["install", "-e", ".[dev]"])
print(f"done; activate it with: source {bin_dir}/activate")
