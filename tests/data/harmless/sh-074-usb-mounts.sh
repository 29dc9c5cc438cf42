#!/bin/bash
while read -r device target type _; do
  [[ $device == /dev/* && $target == /media/* ]] || continue
  name=${device#/dev/}
  echo "$target ($type) $(cat "/sys/block/${name%%[0-9]*}/device/model" 2>/dev/null)"
done < /proc/mounts
