#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")"
source ./lib/common.sh

command=${1:-help}
module=./commands/$command.sh
if [[ ! -r $module ]]; then
  echo "no command $command; there are:" >&2
  ls commands | sed 's/\.sh$//; s/^/  /' >&2
  exit 64
fi
shift || true
source "$module"
main "$@"
