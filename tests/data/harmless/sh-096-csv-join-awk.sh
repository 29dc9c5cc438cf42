#!/bin/bash
set -euo pipefail
join -t, -1 2 -2 1 <(tail -n +2 orders.csv | sort -t, -k2,2) <(tail -n +2 customers.csv | sort -t, -k1,1) |
  awk -F, '{ sum[$1 "," $4] += $3 } END { for (k in sum) printf "%s,%.2f\n", k, sum[k] }' |
  sort -t, -k3,3nr > totals.csv
head -5 totals.csv
