#!/bin/sh
set -eu
mkdir -p config
printf '%s' "$APP_CONFIG_B64" | base64 -d > config/app.json
jq -e '.database.host and .http.port' config/app.json > /dev/null
