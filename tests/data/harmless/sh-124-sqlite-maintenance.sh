#!/bin/bash
db=${1:-notes.db}
[[ $(sqlite3 "$db" 'pragma integrity_check') == ok ]] || { echo "damaged" >&2; exit 1; }
sqlite3 "$db" 'vacuum; analyze;'
sqlite3 "$db" ".backup '$db.copy'"
gzip -f "$db.copy"
mv "$db.copy.gz" "backup-$(date +%F).gz"
