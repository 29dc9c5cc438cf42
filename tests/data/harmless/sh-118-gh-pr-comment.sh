#!/usr/bin/env bash
set -euo pipefail
total=$(jq -r '.total.lines.pct' coverage/coverage-summary.json)
{
  echo "### Coverage: $total %"
  echo
  jq -r 'to_entries[] | select(.key != "total" and .value.lines.pct < 80) | "- `\(.key)` \(.value.lines.pct) %"' coverage/coverage-summary.json
} > comment.md
gh pr comment "$PR_NUMBER" --body-file comment.md --edit-last || gh pr comment "$PR_NUMBER" --body-file comment.md
