#!/bin/sh
# usage: search PATTERN [FOLDER]
pattern=$1
folder=${2:-.}
if command -v rg >/dev/null; then
  rg --line-number --max-columns 200 --max-count 20 -e "$pattern" "$folder" | head -200
else
  grep -rnE --exclude-dir=.git --exclude-dir=node_modules -e "$pattern" "$folder" | cut -c1-200 | head -200
fi
