#!/usr/bin/env bash
set -euo pipefail
rm -rf public
hugo --minify --gc
find public -type f \( -name '*.html' -o -name '*.css' -o -name '*.js' \) -exec gzip -9 -k {} +
du -sh public
