jq -r '[.id, .user.name, (.tags | join(";")), .created_at] | @csv' "${1:-events.jsonl}"
