#!/usr/bin/env bash
pidfile=.dev-server.pid
if [[ ! -f $pidfile ]]; then
  echo "not running"
  exit 0
fi
pid=$(<"$pidfile")
kill "$pid" 2>/dev/null
for _ in 1 2 3 4 5; do
  kill -0 "$pid" 2>/dev/null || break
  sleep 1
done
kill -9 "$pid" 2>/dev/null
rm -f "$pidfile"
