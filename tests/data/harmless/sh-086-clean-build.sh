#!/bin/sh
rm -rf build dist .eggs ./*.egg-info
find . -type d -name __pycache__ -prune -exec rm -rf {} +
find . -name '*.py[co]' -delete
