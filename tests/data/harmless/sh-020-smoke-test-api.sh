#!/usr/bin/env bash
set -uo pipefail
base=${BASE_URL:-http://localhost:3000}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
fails=0

expect() {
  local want=$1 method=$2 path=$3; shift 3
  local got
  got=$(curl -s -o "$out" -w '%{http_code}' -X "$method" "$base$path" "$@")
  if [[ $got != "$want" ]]; then
    echo "FAIL $method $path: $got instead of $want"
    head -c 300 "$out"; echo
    fails=$((fails + 1))
  fi
}

expect 200 GET /health
expect 401 GET /api/notes
expect 201 POST /api/notes -u alice:secret -H 'content-type: application/json' -d '{"text":"hi"}'
id=$(jq -r .id "$out")
expect 200 GET "/api/notes/$id" -u alice:secret
expect 204 DELETE "/api/notes/$id" -u alice:secret
exit "$fails"
