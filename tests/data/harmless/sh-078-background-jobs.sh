#!/bin/bash
mkdir -p logs
declare -A jobs
for check in lint types unit; do
  npm run --silent "$check" > "logs/$check.log" 2>&1 &
  jobs[$check]=$!
done
status=0
for check in "${!jobs[@]}"; do
  if ! wait "${jobs[$check]}"; then
    echo "--- $check"
    tail -20 "logs/$check.log"
    status=1
  fi
done
exit $status
