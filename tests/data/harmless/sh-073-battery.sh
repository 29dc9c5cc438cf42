for b in /sys/class/power_supply/BAT*; do
  echo "${b##*/}: $(cat "$b/capacity") %, $(cat "$b/status")"
done
