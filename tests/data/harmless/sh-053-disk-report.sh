#!/bin/bash
df -hT -x tmpfs -x devtmpfs
echo
du -xh --max-depth=2 /var 2>/dev/null | sort -rh | head -15
