set -euo pipefail
key=$(cat package-lock.json .nvmrc | sha256sum | cut -c1-16)
echo "key=node-$RUNNER_OS-$key" >> "$GITHUB_OUTPUT"
