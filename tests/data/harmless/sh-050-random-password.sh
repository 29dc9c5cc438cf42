#!/bin/bash
count=${1:-5} length=${2:-20}
for ((i = 0; i < count; i++)); do
  head -c 64 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' | head -c "$length"
  echo
done
