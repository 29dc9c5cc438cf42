#!/bin/bash
set -e
NODE_VERSION=${NODE_VERSION:-22}
if [ ! -s ~/.nvm/nvm.sh ]; then
  curl -fsSL https://raw.githubusercontent.com/nvm-sh/nvm/v0.40.1/install.sh | bash
fi
export NVM_DIR=~/.nvm
source ~/.nvm/nvm.sh
nvm install "$NODE_VERSION"
nvm alias default "$NODE_VERSION"
node --version
