import json
import os
import subprocess
import sys

env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
result = subprocess.run(
    [sys.executable, "-m", "pytest", "-q", "--json-report", "--json-report-file=report.json", *sys.argv[1:]],
    env=env,
    capture_output=True,
    text=True,
    timeout=600,
)
with open("report.json") as f:
    report = json.load(f)

for test in report["tests"]:
    if test["outcome"] == "failed":
        print(test["nodeid"])
        print("   ", test["call"]["crash"]["message"].splitlines()[0])
print(report["summary"])
sys.exit(result.returncode)
