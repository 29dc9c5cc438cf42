#!/bin/bash
stage=${1:-dev}
dev_url=http://localhost:8000
dev_replicas=1
prod_url=https://www.example.com
prod_replicas=4
for name in url replicas; do
  ref=${stage}_$name
  echo "$name=${!ref}"
done
eval "extra=\${EXTRA_$stage:-none}"
echo "extra=$extra"
