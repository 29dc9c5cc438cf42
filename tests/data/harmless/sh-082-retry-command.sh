#!/usr/bin/env bash
# usage: retry 5 command args...
attempts=$1; shift
for ((n = 1; ; n++)); do
  "$@" && exit 0
  code=$?
  (( n >= attempts )) && exit "$code"
  pause=$((2 ** n))
  echo "attempt $n ended with $code, again in $pause s" >&2
  sleep "$pause"
done
