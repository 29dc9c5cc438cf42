#!/bin/bash
line='export PATH="$HOME/.local/bin:$PATH"'
rc=~/.bashrc
if grep -qxF "$line" "$rc"; then
  echo "already set"
else
  printf '\n%s\n' "$line" >> "$rc"
  echo "set; open a new shell"
fi
