#!/usr/bin/env bash
shopt -s nullglob
for f in *; do
  [[ -f $f ]] || continue
  n=${f,,}
  n=${n// /-}
  [[ $f == "$n" ]] && continue
  if [[ -e $n ]]; then
    echo "$n is there already" >&2
  else
    mv -v -- "$f" "$n"
  fi
done
