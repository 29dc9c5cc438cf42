#!/bin/bash
log=${1:-/var/log/app/app.log}
today=$(date +%F)
grep "^$today" "$log" | grep -F ' ERROR ' | cut -c12-13 | sort | uniq -c
zgrep -h -c ' ERROR ' "$log".*.gz 2>/dev/null | paste -sd+ | bc
