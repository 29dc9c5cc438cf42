#!/bin/bash
set -euo pipefail
export TF_IN_AUTOMATION=1 TF_INPUT=0
trap 'rm -f plan.bin' EXIT
terraform fmt -check -recursive
terraform validate
terraform plan -out=plan.bin -lock-timeout=60s
destroyed=$(terraform show -json plan.bin | jq '[.resource_changes[] | select(.change.actions | index("delete"))] | length')
echo "$destroyed resources would be destroyed"
grep -c '^provider' .terraform.lock.hcl
[[ $destroyed == 0 || ${ALLOW_DESTROY:-} == yes ]]
