#!/usr/bin/env bash
root=${1:-$HOME/src}
before=$(df --output=avail -k "$root" | tail -1)
find "$root" -maxdepth 3 -type d -name node_modules -prune -mtime +90 -print0 |
  while IFS= read -r -d '' dir; do
    echo "removing $dir"
    rm -rf -- "$dir"
  done
after=$(df --output=avail -k "$root" | tail -1)
echo "freed $(( (after - before) / 1024 )) MiB"
