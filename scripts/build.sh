#!/bin/sh
# Builds what is not TypeScript: the C parts, and the seccomp filters. TypeScript is run from source.
#
#   sh scripts/build.sh [run|test]      `test` adds the sanitizer, fuzzer and aarch64 builds
#
# make and the filter compiler know what is fresh, so a second run takes well under a second.
set -eu
cd "$(dirname "$0")/.."

for part in agent launcher probe; do
    [ -f "native/$part/Makefile" ] || continue
    targets=all
    if [ "${1:-run}" = test ]; then
        for target in asan fuzz aarch64 walls; do
            grep -q "^$target:" "native/$part/Makefile" && targets="$targets $target"
        done
    fi
    # shellcheck disable=SC2086 # a list of targets
    make -s -j2 -C "native/$part" $targets
done
if [ -f packages/runtimes/src/seccomp/build.ts ]; then
    # What it says is for those who change a profile; others see it when something is wrong.
    said=$(sh scripts/node.sh packages/runtimes/src/seccomp/build.ts 2>&1) || {
        printf '%s\n' "$said" >&2
        exit 1
    }
fi
