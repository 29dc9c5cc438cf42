#!/bin/bash
set -e
pip install --quiet pre-commit
pre-commit install --install-hooks
pre-commit install --hook-type commit-msg
