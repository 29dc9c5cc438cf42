#!/bin/sh
base=/sys/fs/cgroup
for f in memory.max memory.current cpu.max pids.max; do
  [ -r "$base/$f" ] && printf '%-15s %s\n' "$f" "$(cat "$base/$f")"
done
ulimit -n
