#!/bin/bash
# Accounts made for people start at 1000.
while IFS=: read -r name _ uid _ full home shell; do
  if (( uid >= 1000 )) && [[ $shell != */nologin && $shell != */false ]]; then
    printf '%-14s %5d %-24s %s\n' "$name" "$uid" "${full%%,*}" "$home"
  fi
done < /etc/passwd
