import logging
import shutil
import time
from pathlib import Path

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
inbox, work = Path("inbox"), Path("queue")
work.mkdir(exist_ok=True)
seen = {}

while True:
    for item in inbox.glob("*.csv"):
        size = item.stat().st_size
        if seen.get(item.name) == size and size > 0:
            shutil.move(item, work / item.name)
            seen.pop(item.name)
            logging.info("queued %s (%d bytes)", item.name, size)
        else:
            seen[item.name] = size
    time.sleep(2)
