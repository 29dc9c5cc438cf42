gateway=$(ip route show default | awk '{print $3; exit}')
for target in "$gateway" 1.1.1.1 example.com; do
  if ping -c1 -W2 "$target" >/dev/null 2>&1; then echo "ok   $target"; else echo "DOWN $target"; fi
done
