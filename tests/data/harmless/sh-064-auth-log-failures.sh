#!/usr/bin/env bash
set -u
files=(/var/log/auth.log /var/log/auth.log.1)
for f in "${files[@]}"; do
  [[ -r $f ]] && grep -h 'Failed password' "$f"
done | grep -oE 'from [0-9.]+' | sort | uniq -c | sort -rn | head
