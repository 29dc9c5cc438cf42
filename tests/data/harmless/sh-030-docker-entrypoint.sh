#!/bin/sh
set -e

if [ -n "$DB_PASSWORD_FILE" ]; then
  DB_PASSWORD=$(cat "$DB_PASSWORD_FILE")
  export DB_PASSWORD
fi

envsubst < /etc/app/app.conf.template > /etc/app/app.conf

if [ "$1" = "serve" ]; then
  python manage.py migrate --noinput
fi
exec "$@"
