#!/bin/bash
trash=${XDG_DATA_HOME:-$HOME/.local/share}/Trash
mkdir -p "$trash/files" "$trash/info"
for path; do
  name=$(basename -- "$path").$(date +%s)
  printf '[Trash Info]\nPath=%s\nDeletionDate=%s\n' "$(realpath -- "$path")" "$(date +%Y-%m-%dT%H:%M:%S)" > "$trash/info/$name.trashinfo"
  mv -- "$path" "$trash/files/$name"
done
