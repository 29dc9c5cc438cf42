#!/usr/bin/env bash
set -uo pipefail
patch=$(mktemp --suffix=.diff)
trap 'rm -f "$patch"' EXIT
cat > "$patch"
grep -q '^diff --git' "$patch" || { echo "no patch on standard input"; exit 65; }
git apply --check "$patch" || exit 65
git apply "$patch"
if ! python3 -m pytest -q -x 2>&1 | tail -30; then
  git apply -R "$patch"
  echo "taken back"
  exit 1
fi
