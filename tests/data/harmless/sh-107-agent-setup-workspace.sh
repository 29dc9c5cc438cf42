#!/bin/bash
set -euo pipefail
repo=$1 branch=$2
dir=checkout
rm -rf "$dir"
git clone --quiet --filter=blob:none "https://github.com/$repo.git" "$dir"
cd "$dir"
git switch -c "$branch"
if [[ -f package-lock.json ]]; then
  npm ci --no-audit --no-fund
elif [[ -f uv.lock ]]; then
  uv sync
elif [[ -f requirements.txt ]]; then
  python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt
fi
{ echo "# Files"; git ls-files | head -200; echo "# Notes"; cat README.md; } > .agent-context.md
