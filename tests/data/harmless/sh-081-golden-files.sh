#!/bin/bash
out=$(mktemp)
trap 'rm -f "$out"' EXIT
bad=0
for input in testdata/*.in; do
  want=${input%.in}.golden
  ./notes render < "$input" > "$out"
  if [[ ${1:-} == --update ]]; then
    cp "$out" "$want"
  elif ! cmp -s "$out" "$want"; then
    echo "differs: $input"
    bad=1
  fi
done
exit $bad
