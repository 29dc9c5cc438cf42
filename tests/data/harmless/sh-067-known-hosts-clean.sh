#!/bin/sh
host=$1
if grep -q "^$host[, ]" ~/.ssh/known_hosts; then
  ssh-keygen -R "$host"
else
  echo "$host is not known (or its name is hashed)"
fi
