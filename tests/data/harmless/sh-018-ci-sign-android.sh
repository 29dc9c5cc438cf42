#!/bin/bash
set -euo pipefail
echo "$KEYSTORE_BASE64" | base64 -d > release.jks
cleanup() { rm -f release.jks; }
trap cleanup EXIT

./gradlew --no-daemon assembleRelease \
  -Pandroid.injected.signing.store.file="$PWD/release.jks" \
  -Pandroid.injected.signing.store.password="$KEYSTORE_PASSWORD" \
  -Pandroid.injected.signing.key.alias=release \
  -Pandroid.injected.signing.key.password="$KEY_PASSWORD"
