#!/bin/bash
declare -A seen
IFS=: read -ra parts <<<"$PATH"
for dir in "${parts[@]}"; do
  if [[ ! -d $dir ]]; then
    echo "missing: $dir"
    continue
  fi
  for file in "$dir"/*; do
    name=${file##*/}
    [[ -x $file ]] || continue
    if [[ -n ${seen[$name]:-} ]]; then
      echo "$name: ${seen[$name]} hides $file"
    else
      seen[$name]=$file
    fi
  done
done
