#!/bin/sh
set -eu
type=${1:-Release}
[ "${2:-}" = clean ] && rm -rf build
mkdir -p build
cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE="$type" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
cmake --build build --parallel "$(nproc)"
ctest --test-dir build --output-on-failure
ln -sf build/compile_commands.json .
