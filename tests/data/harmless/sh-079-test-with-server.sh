#!/usr/bin/env bash
set -euo pipefail
dir=$(mktemp -d)
python3 -m http.server 8765 --directory fixtures > "$dir/server.log" 2>&1 &
server=$!
trap 'kill $server; rm -rf "$dir"' EXIT
until curl -sf http://127.0.0.1:8765/index.html -o /dev/null; do sleep 0.2; done

for want in expected/*.txt; do
  name=$(basename "$want" .txt)
  ./bin/extract "http://127.0.0.1:8765/$name.html" > "$dir/$name.txt"
  diff -u "$want" "$dir/$name.txt"
done
echo "all the same"
