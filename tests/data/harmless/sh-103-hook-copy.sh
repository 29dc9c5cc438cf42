for hook in hooks/*; do
  install -m 755 "$hook" ".git/hooks/$(basename "$hook")"
done
