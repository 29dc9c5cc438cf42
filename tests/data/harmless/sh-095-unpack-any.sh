#!/bin/bash
for f; do
  dir=${f%%.*}
  mkdir -p "$dir"
  case $f in
    *.tar.gz | *.tgz) tar -xzf "$f" -C "$dir" ;;
    *.tar.xz) tar -xJf "$f" -C "$dir" ;;
    *.tar.zst) tar --zstd -xf "$f" -C "$dir" ;;
    *.zip) unzip -q "$f" -d "$dir" ;;
    *.7z) 7z x -o"$dir" "$f" >/dev/null ;;
    *) echo "do not know $f" >&2 ;;
  esac
done
