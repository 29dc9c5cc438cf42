#!/bin/bash
set -euo pipefail
mkdir -p backups
tar --exclude='*.tmp' -czf "backups/data-$(date +%Y%m%d%H%M).tar.gz" data
ls -1t backups/data-*.tar.gz | tail -n +8 | xargs -r rm --
ls -lh backups
