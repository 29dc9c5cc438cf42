#!/usr/bin/env bash
required=(DATABASE_URL REDIS_URL SECRET_KEY)
absent=0
for name in "${required[@]}"; do
  if [[ -z ${!name:-} ]]; then
    echo "$name is not set" >&2
    absent=1
  fi
done
(( absent )) && exit 78
exec gunicorn notes.wsgi --bind "0.0.0.0:${PORT:-8000}" --workers "${WEB_CONCURRENCY:-2}"
