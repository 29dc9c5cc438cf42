if [ "$CI_JOB_STATUS" = success ]; then icon=":white_check_mark:"; else icon=":x:"; fi
payload=$(jq -n --arg t "$icon $CI_PROJECT_NAME $CI_COMMIT_REF_NAME: $CI_JOB_STATUS" --arg u "$CI_PIPELINE_URL" '{text: ($t + " <" + $u + "|log>")}')
curl -sS -X POST -H 'Content-Type: application/json' -d "$payload" "$SLACK_WEBHOOK_URL"
