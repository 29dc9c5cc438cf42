awk '{ n[$1]++; b[$1] += $10 } END { for (ip in n) printf "%8d %10.1f MB  %s\n", n[ip], b[ip] / 1e6, ip }' /var/log/nginx/access.log |
  sort -rn | head -20
