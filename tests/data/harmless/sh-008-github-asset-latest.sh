#!/usr/bin/env bash
set -euo pipefail
repo=${1:?owner/name}
pattern=${2:-linux-amd64}

auth=()
if [[ -n ${GITHUB_TOKEN:-} ]]; then
  auth=(-H "Authorization: Bearer $GITHUB_TOKEN")
fi
url=$(curl -fsS "${auth[@]}" "https://api.github.com/repos/$repo/releases/latest" |
  jq -r --arg p "$pattern" '.assets[] | select(.name | contains($p)) | .browser_download_url' | head -n1)
[[ -n $url ]] || { echo "no asset has $pattern in its name" >&2; exit 1; }
echo "$url"
curl -fL --progress-bar -O "$url"
