#!/bin/sh
file=~/.gitconfig
[ -r "$file" ] || { echo "no ~/.gitconfig" >&2; exit 1; }
awk -F' = ' '/^\[user\]/ {on = 1; next} /^\[/ {on = 0} on {gsub(/^[ \t]+/, "", $1); print $1 ": " $2}' "$file"
