#!/bin/bash
limit=$((21 * 86400))
status=0
for host in www.example.com api.example.com shop.example.com; do
  if ! echo | openssl s_client -connect "$host:443" -servername "$host" 2>/dev/null | openssl x509 -noout -checkend $limit >/dev/null; then
    echo "$host: certificate ends within three weeks"
    status=1
  fi
done
exit $status
