#!/bin/sh
read -r one five rest < /proc/loadavg
cores=$(nproc)
if awk -v l="$one" -v c="$cores" 'BEGIN { exit !(l > c) }'; then
  echo "$(date -Is) load $one, $five over $cores cores" >> load.log
fi
