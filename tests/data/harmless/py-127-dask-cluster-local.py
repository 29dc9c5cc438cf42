# %%
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path


def count(path):
    return Counter(Path(path).read_text(encoding="utf-8", errors="ignore").lower().split())


if __name__ == "__main__":
    total = Counter()
    with ProcessPoolExecutor(max_workers=max(1, (os.cpu_count() or 2) - 1)) as pool:
        for part in pool.map(count, map(str, Path("corpus").rglob("*.txt")), chunksize=8):
            total += part
    print(total.most_common(20))
