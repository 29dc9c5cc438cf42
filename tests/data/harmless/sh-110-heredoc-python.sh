#!/bin/bash
mkdir -p out
python3 - "$@" <<'PY'
import csv, statistics, sys

for name in sys.argv[1:]:
    with open(name, newline="") as f:
        values = [float(row["value"]) for row in csv.DictReader(f)]
    print(name, len(values), round(statistics.fmean(values), 3), max(values))
PY
date > out/when.txt
