#!/bin/sh
set -e
host=$(hostname -f)
sed -e "s|@HOST@|$host|g" -e "s|@DATE@|$(date -I)|g" -e "s|@KERNEL@|$(uname -r)|g" motd.template > motd.new
mv motd.new motd
