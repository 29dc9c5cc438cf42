#!/bin/bash
host=${1:-localhost} port=${2:-5432}
for _ in {1..60}; do
  if (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null; then
    echo "$host:$port accepts"
    exit 0
  fi
  sleep 0.5
done
echo "$host:$port stays closed" >&2
exit 1
