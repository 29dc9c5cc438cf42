#!/bin/sh
set -e
git fetch --quiet --prune origin
git reset --hard origin/main
git clean -fdx -e .env
git submodule update --init --recursive
