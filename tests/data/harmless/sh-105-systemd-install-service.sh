#!/usr/bin/env bash
set -euo pipefail
sudo install -m 644 deploy/notes.service /etc/systemd/system/notes.service
sudo systemctl daemon-reload
sudo systemctl enable --now notes.service
systemctl status --no-pager notes.service
