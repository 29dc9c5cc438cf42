#!/bin/sh
set -eu
release=releases/$(date +%Y%m%d%H%M%S)
mkdir -p "$release"
tar -xzf "$1" -C "$release"
ln -s "$release" current.new
mv -T current.new current
ls -d releases/* | sort | head -n -3 | while read -r old; do
  rm -rf "$old"
done
