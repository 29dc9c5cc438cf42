set -euo pipefail
mkdir -p ~/.kube
echo "$KUBE_CONFIG_DATA" | base64 --decode > ~/.kube/config
chmod 600 ~/.kube/config
kubectl -n shop set image deployment/api api="ghcr.io/example/api:$GITHUB_SHA"
kubectl -n shop rollout status deployment/api --timeout=180s
