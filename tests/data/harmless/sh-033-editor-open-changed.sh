#!/bin/sh
files=$(git diff --name-only HEAD)
[ -n "$files" ] || exit 0
${VISUAL:-${EDITOR:-vi}} $files
