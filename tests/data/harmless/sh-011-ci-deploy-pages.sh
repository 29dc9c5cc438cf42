#!/usr/bin/env bash
set -euo pipefail
: "${GITHUB_TOKEN:?}" "${GITHUB_REPOSITORY:?}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet --depth 1 --branch gh-pages "https://x-access-token:$GITHUB_TOKEN@github.com/$GITHUB_REPOSITORY.git" "$work"
find "$work" -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +
cp -R public/. "$work"
cd "$work"
git add -A
if git diff --cached --quiet; then
  echo "nothing changed"
else
  git -c user.name=bot -c user.email=bot@example.com commit -qm "site of ${GITHUB_SHA:0:8}"
  git push -q
fi
