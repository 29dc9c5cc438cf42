#!/usr/bin/env bash
for unit in nginx postgresql redis-server; do
  state=$(systemctl is-active "$unit")
  since=$(systemctl show -p ActiveEnterTimestamp --value "$unit")
  printf '%-14s %-10s %s\n' "$unit" "$state" "$since"
  [[ $state == active ]] || journalctl -u "$unit" -n 5 --no-pager
done
