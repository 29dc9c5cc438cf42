#!/bin/bash
shopt -s nullglob
for f in *.wav; do
  [[ -f ${f%.wav}.opus ]] && continue
  ffmpeg -nostdin -loglevel warning -i "$f" -c:a libopus -b:a 48k "${f%.wav}.opus" || break
done
