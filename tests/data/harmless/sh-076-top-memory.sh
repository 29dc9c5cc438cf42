ps -eo pid,user,rss,comm --sort=-rss | head -n 12 | awk 'NR == 1 {print; next} {$3 = sprintf("%.0fM", $3 / 1024); print}' | column -t
