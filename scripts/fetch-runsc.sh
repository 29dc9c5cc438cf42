#!/bin/sh
# Unpacks gVisor's runsc into a cache folder, for tests that compare our jail with it. Installs nothing.
#
# It comes from the distribution that this machine already uses: from its backports where those have a newer one (Debian
# 12's own has no systrap platform and does not work on current kernels). apt is pointed at a source list and state of its
# own, so the machine's package lists stay as they are; signatures are checked as always.
set -eu

cache=${XDG_CACHE_HOME:-$HOME/.cache}/hsr
runsc=$cache/runsc/usr/bin/runsc
[ -x "$runsc" ] && exit 0
command -v apt-get >/dev/null 2>&1 || exit 1

say() { printf '%s\n' "$*" >&2; }
# shellcheck disable=SC1091
. /etc/os-release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/deb"

# The archive that the release itself comes from, as apt knows it.
# shellcheck disable=SC2016 # those are apt's variables, not the shell's
site=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
    awk -v release="${VERSION_CODENAME:-}" '$2 == release { print $1; exit }')
[ -n "$site" ] || {
    say "runsc: apt knows no archive for ${VERSION_CODENAME:-this release}; \`apt-get update\` may help"
    exit 1
}
components=main
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
if [ "${ID:-}" = ubuntu ]; then
    components='main universe'
    keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg
fi
for suite in "$VERSION_CODENAME-backports" "$VERSION_CODENAME"; do
    echo "deb [signed-by=$keyring] $site $suite $components"
done >"$work/sources.list"

own_apt() {
    apt-get -q -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache::Archives="$work/archives" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User="$(id -un)" "$@"
}
say "Unpacking gVisor's runsc into $cache/runsc (only tests use it; nothing is installed) ..."
own_apt update >"$work/log" 2>&1 || true
(cd "$work/deb" && {
    own_apt download "runsc/$VERSION_CODENAME-backports" || own_apt download runsc
}) >>"$work/log" 2>&1 || {
    say "runsc: not in $VERSION_CODENAME or its backports: $(tail -1 "$work/log")"
    exit 1
}
mkdir -p "$cache"
rm -rf "$cache/runsc.new"
dpkg-deb -x "$work"/deb/runsc_*.deb "$cache/runsc.new"
rm -rf "$cache/runsc"
mv "$cache/runsc.new" "$cache/runsc"
