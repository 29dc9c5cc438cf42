#!/bin/bash
token=${1:-$TOKEN}
payload=$(cut -d. -f2 <<<"$token" | tr '_-' '/+')
while (( ${#payload} % 4 )); do payload+='='; done
base64 -d <<<"$payload" | jq '. + {exp_date: (.exp | todate)}'
