#!/usr/bin/env bash
set -euo pipefail
name=$1; shift
printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\ndata:\n' "$name"
for file; do
  printf '  %s: %s\n' "$(basename "$file")" "$(base64 -w0 < "$file")"
done
