#!/bin/bash
set -euo pipefail
export RUSTFLAGS="-C target-cpu=x86-64-v2"
cargo build --release --locked
strip target/release/notes
mkdir -p out
cp target/release/notes README.md LICENSE out/
tar -czf notes.tar.gz -C out .
