while read -r name hex; do
  hex=${hex#\#}
  printf '%s rgb(%d, %d, %d)\n' "$name" "0x${hex:0:2}" "0x${hex:2:2}" "0x${hex:4:2}"
done < palette.txt > palette.css
