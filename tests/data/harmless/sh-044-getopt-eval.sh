#!/usr/bin/env bash
parsed=$(getopt -o 'vn:h' --long 'verbose,lines:,help' -n "${0##*/}" -- "$@") || exit 64
eval set -- "$parsed"
verbose=0 lines=10
while true; do
  case $1 in
    -v | --verbose) verbose=1; shift ;;
    -n | --lines) lines=$2; shift 2 ;;
    -h | --help) echo "usage: ${0##*/} [-v] [-n N] FILE..."; exit 0 ;;
    --) shift; break ;;
  esac
done
for file; do
  (( verbose )) && echo "== $file"
  head -n "$lines" -- "$file"
done
