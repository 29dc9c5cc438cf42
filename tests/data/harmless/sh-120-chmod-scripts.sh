chmod +x scripts/*.sh bin/notes
git update-index --chmod=+x scripts/*.sh bin/notes
