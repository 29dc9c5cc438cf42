#!/usr/bin/env bash
# usage: ask "question"    or    some-command | ask "what is wrong here?"
set -euo pipefail
question=$*
if [[ ! -t 0 ]]; then
  question+=$'\n\n'$(head -c 20000)
fi
jq -n --arg q "$question" '{model: "claude-3-5-haiku-latest", max_tokens: 800, messages: [{role: "user", content: $q}]}' |
  curl -sS https://api.anthropic.com/v1/messages \
    -H "x-api-key: $ANTHROPIC_API_KEY" \
    -H 'anthropic-version: 2023-06-01' \
    -H 'content-type: application/json' \
    -d @- |
  jq -r '.content[0].text // .error.message'
