#!/bin/bash
set -e
docker compose up -d db redis
for _ in $(seq 30); do
  docker compose exec -T db pg_isready -q -U app && break
  sleep 1
done
docker compose exec -T db psql -q -U app < schema.sql
docker compose run --rm app pytest -q
docker compose down -v
