base=$(git merge-base "origin/${GITHUB_BASE_REF:-main}" HEAD)
git diff --name-only "$base" | awk -F/ '$1 == "packages" {print $2}' | sort -u | jq -R . | jq -cs .
