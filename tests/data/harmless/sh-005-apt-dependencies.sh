#!/bin/bash
set -e
packages=(build-essential pkg-config libssl-dev libsqlite3-dev)
missing=()
for p in "${packages[@]}"; do
  dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "all there"
  exit
fi
sudo apt-get update -qq
sudo apt-get install -y --no-install-recommends "${missing[@]}"
