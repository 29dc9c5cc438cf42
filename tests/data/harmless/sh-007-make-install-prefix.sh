#!/bin/sh
set -e
PREFIX=${PREFIX:-$HOME/.local}
JOBS=$(nproc 2>/dev/null || echo 2)

./configure --prefix="$PREFIX" --disable-static
make -j"$JOBS"
make check
make install
echo "installed into $PREFIX"
