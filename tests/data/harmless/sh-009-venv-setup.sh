#!/bin/bash
set -euo pipefail
python3 -m venv .venv
source .venv/bin/activate
pip install --quiet --upgrade pip
pip install --quiet -r requirements.txt -r requirements-dev.txt
python -c 'import sys; print(sys.version)'
