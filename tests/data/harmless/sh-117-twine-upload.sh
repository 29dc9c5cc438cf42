#!/bin/sh
set -e
rm -rf dist
python -m pip install -q build twine
python -m build
twine check dist/*
TWINE_USERNAME=__token__ TWINE_PASSWORD="$PYPI_TOKEN" twine upload --non-interactive dist/*
