#!/bin/bash
for example in examples/*.py; do
  if timeout --signal=INT 20 python3 "$example" < /dev/null > /dev/null; then
    echo "ok    $example"
  else
    echo "FAIL  $example ($?)"
  fi
done
