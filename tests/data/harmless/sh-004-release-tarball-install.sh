#!/usr/bin/env bash
set -euo pipefail

version=1.29.0
case "$(uname -m)" in
  x86_64) arch=amd64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) echo "no build for $(uname -m)" >&2; exit 1 ;;
esac
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

base=https://github.com/example/tool/releases/download/v$version
curl -fsSL -o "$tmp/tool.tar.gz" "$base/tool_${version}_linux_$arch.tar.gz"
curl -fsSL -o "$tmp/sums" "$base/checksums.txt"
(cd "$tmp" && grep "linux_$arch.tar.gz" sums | sed "s/tool_.*/tool.tar.gz/" | sha256sum -c -)
tar -xzf "$tmp/tool.tar.gz" -C "$tmp"
install -Dm755 "$tmp/tool" ~/.local/bin/tool
~/.local/bin/tool --version
