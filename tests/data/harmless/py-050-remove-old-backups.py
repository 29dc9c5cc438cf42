#!/usr/bin/env python3
import argparse
import time
from pathlib import Path

ap = argparse.ArgumentParser(description="Keep the newest backups, delete the rest")
ap.add_argument("folder", type=Path)
ap.add_argument("--days", type=int, default=30)
ap.add_argument("--keep", type=int, default=5)
ap.add_argument("-n", "--dry-run", action="store_true")
opt = ap.parse_args()

limit = time.time() - opt.days * 86400
backups = sorted(opt.folder.glob("backup-*.tar.gz"), key=lambda p: p.stat().st_mtime, reverse=True)
freed = 0
for path in backups[opt.keep :]:
    stat = path.stat()
    if stat.st_mtime < limit:
        freed += stat.st_size
        print("would delete" if opt.dry_run else "delete", path)
        if not opt.dry_run:
            path.unlink()
print(f"{freed / 1e6:.1f} MB")
