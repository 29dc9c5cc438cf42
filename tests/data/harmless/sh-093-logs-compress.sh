#!/bin/bash
dir=/var/log/notes
find "$dir" -name '*.log' -mtime +7 -exec gzip -9 {} \;
find "$dir" -name '*.log.gz' -mtime +90 -delete
du -sh "$dir"
