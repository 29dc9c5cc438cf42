#!/bin/sh
set -e
dir=$(mktemp -d)
git clone --mirror "https://github.com/$1.git" "$dir/repo.git"
cd "$dir/repo.git"
git remote set-url --push origin "git@git.example.com:$1.git"
git push --mirror
cd / && rm -rf "$dir"
