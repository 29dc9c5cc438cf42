#!/usr/bin/env bash
file=$1
source "$file"
tests=$(declare -F | awk '$3 ~ /^test_/ {print $3}')
pass=0 fail=0
for t in $tests; do
  log=$(mktemp)
  if ( set -e; "$t" ) > "$log" 2>&1; then
    echo "ok $t"; ((pass++))
  else
    echo "not ok $t"; sed 's/^/    /' "$log"; ((fail++))
  fi
  rm -f "$log"
done
echo "$pass passed, $fail failed"
(( fail == 0 ))
