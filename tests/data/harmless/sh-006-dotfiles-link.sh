#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

for file in gitconfig tmux.conf vimrc inputrc; do
  target=~/.$file
  if [[ -e $target && ! -L $target ]]; then
    mv -v "$target" "$target.before-dotfiles"
  fi
  ln -sfn "$PWD/$file" "$target"
done
mkdir -p ~/.vim/undo
ls -l ~/.gitconfig
