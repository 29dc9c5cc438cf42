#!/bin/bash
set -euo pipefail
file=dist/app-$CI_COMMIT_TAG.tar.gz
sha256sum "$file"
curl --fail --silent --show-error \
  --header "JOB-TOKEN: $CI_JOB_TOKEN" \
  --upload-file "$file" \
  "$CI_API_V4_URL/projects/$CI_PROJECT_ID/packages/generic/app/$CI_COMMIT_TAG/$(basename "$file")"
