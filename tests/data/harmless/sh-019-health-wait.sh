#!/usr/bin/env bash
url=${1:-http://localhost:8080/healthz}
for i in {1..30}; do
  if [[ $(curl -s -o /dev/null -w '%{http_code}' "$url") == 200 ]]; then
    echo "up after $i tries"
    exit 0
  fi
  sleep 2
done
echo "still down" >&2
exit 1
