#!/bin/bash
set -euo pipefail
new=$1
site=/etc/nginx/conf.d/$(basename "$new")
[[ -f $site ]] && cp -p "$site" "$site.old"
cp "$new" "$site"
if sudo nginx -t; then
  sudo systemctl reload nginx
else
  echo "configuration is wrong, the old one comes back" >&2
  mv "$site.old" "$site"
  exit 1
fi
