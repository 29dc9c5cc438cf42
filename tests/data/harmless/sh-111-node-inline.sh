#!/bin/sh
js=$(node -p 'require("./package.json").version')
py=$(python3 -c 'import tomllib; print(tomllib.load(open("pyproject.toml", "rb"))["project"]["version"])')
if [ "$js" != "$py" ]; then
  echo "package.json says $js, pyproject.toml says $py" >&2
  exit 1
fi
