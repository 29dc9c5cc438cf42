import gzip
import os
import shutil

LOG = "logs/app.log"
KEEP = 7

oldest = f"{LOG}.{KEEP}.gz"
if os.path.exists(oldest):
    os.remove(oldest)
for n in range(KEEP - 1, 0, -1):
    if os.path.exists(f"{LOG}.{n}.gz"):
        os.rename(f"{LOG}.{n}.gz", f"{LOG}.{n + 1}.gz")
if os.path.exists(LOG):
    with open(LOG, "rb") as src, gzip.open(f"{LOG}.1.gz", "wb") as dst:
        shutil.copyfileobj(src, dst)
    os.truncate(LOG, 0)
