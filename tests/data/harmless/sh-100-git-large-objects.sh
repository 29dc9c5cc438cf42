git rev-list --objects --all |
  git cat-file --batch-check='%(objecttype) %(objectname) %(objectsize) %(rest)' |
  awk '$1 == "blob" {printf "%10.1f kB  %s\n", $3 / 1024, $4}' |
  sort -rn | head -20
