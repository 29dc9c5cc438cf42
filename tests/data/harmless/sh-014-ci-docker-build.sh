#!/usr/bin/env bash
set -eux
IMAGE=registry.example.com/team/notes
TAG=${CI_COMMIT_SHORT_SHA:-dev}

echo "$REGISTRY_PASSWORD" | docker login -u "$REGISTRY_USER" --password-stdin registry.example.com
docker pull "$IMAGE:latest" || true
docker build --cache-from "$IMAGE:latest" --build-arg VERSION="$TAG" -t "$IMAGE:$TAG" .
docker run --rm "$IMAGE:$TAG" notes --self-test
docker push "$IMAGE:$TAG"
if [ "${CI_COMMIT_BRANCH:-}" = main ]; then
  docker tag "$IMAGE:$TAG" "$IMAGE:latest"
  docker push "$IMAGE:latest"
fi
