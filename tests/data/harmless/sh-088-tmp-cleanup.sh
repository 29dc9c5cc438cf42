find /tmp -maxdepth 1 -user "$(id -un)" -name 'notes-*' -mtime +7 -print -exec rm -rf {} +
