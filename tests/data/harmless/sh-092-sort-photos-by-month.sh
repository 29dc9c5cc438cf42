#!/bin/bash
find inbox -type f -iname '*.jpg' -print0 | while IFS= read -r -d '' photo; do
  month=$(date -r "$photo" +%Y/%m)
  mkdir -p "sorted/$month"
  mv -n "$photo" "sorted/$month/"
done
find inbox -type d -empty
