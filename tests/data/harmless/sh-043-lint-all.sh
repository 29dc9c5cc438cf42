#!/bin/bash
failed=()
step() {
  local name=$1; shift
  echo "::group::$name"
  "$@" || failed+=("$name")
  echo "::endgroup::"
}
step ruff ruff check .
step mypy mypy src
step shellcheck shellcheck scripts/deploy.sh scripts/release.sh
step prettier web/node_modules/.bin/prettier --check web
step yaml yamllint -s .github
if ((${#failed[@]})); then
  printf 'failed: %s\n' "${failed[*]}"
  exit 1
fi
