#!/usr/bin/env bash
# usage: with-env FILE COMMAND...
set -euo pipefail
file=$1; shift
while IFS='=' read -r name value; do
  [[ $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
  value=${value%\"}; value=${value#\"}
  export "$name=$value"
done < <(grep -v '^\s*#' "$file")
exec "$@"
