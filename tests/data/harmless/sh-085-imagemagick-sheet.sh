mkdir -p out
montage photos/*.jpg -auto-orient -thumbnail 240x240 -geometry +6+6 -tile 5x out/sheet.jpg
identify -format '%f %wx%h\n' out/sheet*.jpg
