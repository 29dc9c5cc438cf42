import json
import os
import pathlib

failed, retry = pathlib.Path("jobs/failed"), pathlib.Path("jobs/retry")
os.makedirs(retry, exist_ok=True)
for f in failed.glob("*.json"):
    job = json.loads(f.read_text())
    job["attempts"] = job.get("attempts", 0) + 1
    if job["attempts"] > 5:
        continue
    f.write_text(json.dumps(job))
    os.rename(f, retry / f.name)
