#!/bin/sh
set -e
out=src/gen
rm -rf "$out"
mkdir -p "$out"
for proto in proto/*/v1/*.proto; do
  protoc -I proto --python_out="$out" --pyi_out="$out" --grpc_python_out="$out" "$proto"
done
find "$out" -type d -exec touch {}/__init__.py \;
