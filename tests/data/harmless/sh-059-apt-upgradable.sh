#!/bin/bash
list=$(apt list --upgradable 2>/dev/null | tail -n +2)
total=$(wc -l <<<"$list")
security=$(grep -c -- -security <<<"$list")
echo "$total upgradable, $security of them for security"
dpkg-query -W -f='${Installed-Size}\t${Package}\n' | sort -rn | head
