#!/bin/bash
set -euo pipefail
echo "//npm.example.com/:_authToken=\${NPM_TOKEN}" > .npmrc
npm ci
npm run build
if [[ $GITHUB_REF_NAME == *-* ]]; then tag=next; else tag=latest; fi
NPM_TOKEN=$NPM_TOKEN npm publish --tag "$tag"
