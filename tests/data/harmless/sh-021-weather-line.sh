city=${1:-${CITY:-Lisbon}}
curl -fsS "https://wttr.in/${city// /+}?format=%l:+%c+%t+%w" || echo "no weather"
