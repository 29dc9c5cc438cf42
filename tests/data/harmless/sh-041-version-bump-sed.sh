#!/usr/bin/env bash
set -euo pipefail
new=${1:?version}
[[ $new =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || { echo "not a version: $new" >&2; exit 2; }
sed -i "s/^version = .*/version = \"$new\"/" pyproject.toml
sed -i "s/\"version\": \"[^\"]*\"/\"version\": \"$new\"/" web/package.json
sed -i "1s/.*/notes ($new) unstable; urgency=low/" debian/changelog
git diff --stat
