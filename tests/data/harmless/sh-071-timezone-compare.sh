#!/bin/bash
zones=(Europe/Lisbon Asia/Tokyo America/New_York)
for zone in "${zones[@]}" "$@"; do
  [[ -f /usr/share/zoneinfo/$zone ]] || { echo "$zone?"; continue; }
  printf '%-20s %s\n' "$zone" "$(TZ=$zone date '+%a %H:%M')"
done
grep -c . /usr/share/zoneinfo/zone.tab
