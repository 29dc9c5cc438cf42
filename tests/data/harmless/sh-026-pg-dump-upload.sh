#!/usr/bin/env bash
set -euo pipefail
name="shop-$(date +%F).dump"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

pg_dump --format=custom --no-owner "$DATABASE_URL" >"$dir/$name"
size=$(stat -c %s "$dir/$name")
(( size > 1000 )) || { echo "suspiciously small: $size" >&2; exit 1; }
aws s3 cp --only-show-errors "$dir/$name" "s3://$BACKUP_BUCKET/postgres/$name"
aws s3 ls "s3://$BACKUP_BUCKET/postgres/" | sort | head -n -14 | awk '{print $4}' | while read -r old; do
  aws s3 rm "s3://$BACKUP_BUCKET/postgres/$old"
done
