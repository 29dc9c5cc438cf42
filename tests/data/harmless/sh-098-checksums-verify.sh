#!/bin/sh
set -e
case $1 in
  write) cd "$2" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum > SHA256SUMS ;;
  check) cd "$2" && sha256sum --quiet -c SHA256SUMS && echo intact ;;
  *) echo "usage: $0 write|check FOLDER" >&2; exit 64 ;;
esac
