awk '/^(MemTotal|MemAvailable|SwapTotal|SwapFree):/ {printf "%-13s %8.2f GiB\n", $1, $2 / 1048576}' /proc/meminfo
