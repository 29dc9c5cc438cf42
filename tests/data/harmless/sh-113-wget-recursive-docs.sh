wget --quiet --mirror --no-parent --convert-links --adjust-extension --wait=1 https://docs.example.com/guide/
find docs.example.com -name '*.html' | wc -l
