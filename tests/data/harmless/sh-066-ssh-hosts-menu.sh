#!/usr/bin/env bash
mapfile -t hosts < <(awk 'tolower($1) == "host" && $2 !~ /[*?]/ {print $2}' ~/.ssh/config | sort -u)
PS3='host: '
select host in "${hosts[@]}"; do
  [[ -n $host ]] && exec ssh "$host"
done
