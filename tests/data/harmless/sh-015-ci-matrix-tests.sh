#!/bin/bash
set -uo pipefail
mkdir -p reports
failed=()
for v in 3.10 3.11 3.12; do
  if TOX_PARALLEL_NO_SPINNER=1 tox -q -e "py${v/./}" -- --junitxml="reports/$v.xml" >"reports/$v.log" 2>&1; then
    echo "ok   $v"
  else
    echo "FAIL $v"
    failed+=("$v")
    tail -n 25 "reports/$v.log"
  fi
done
((${#failed[@]} == 0))
