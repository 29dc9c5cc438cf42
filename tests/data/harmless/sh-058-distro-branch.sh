set -e
if [ -r /etc/os-release ]; then
  id=$(sed -n 's/^ID=//p' /etc/os-release | tr -d '"')
else
  id=unknown
fi
case $id in
  debian | ubuntu) echo "apt install libxml2-dev libxslt1-dev" ;;
  fedora | rhel) echo "dnf install libxml2-devel libxslt-devel" ;;
  alpine) echo "apk add libxml2-dev libxslt-dev" ;;
  *) echo "libxml2 and libxslt with headers" ;;
esac
