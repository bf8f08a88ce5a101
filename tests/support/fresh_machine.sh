#!/bin/bash
# A Debian machine of our own: this machine's files under a layer that takes every change (overlayfs), without whatever rtbatch
# was put there before, and a real systemd as process 1 with Debian's own units, of which none is enabled. This machine's files,
# users, units and processes stay as they are. Needs root.
#
# fresh_machine.sh DIR CGROUP CHECKOUT [--own-network]: DIR is empty, for the layer; CGROUP is a new directory of the unified
# hierarchy. --own-network: only a loopback, so that port 80 is free. The one child of this process is its systemd: enter the
# machine with nsenter, and see its files below /proc/PID/root. It ends with this process.
set -euo pipefail
dir=$1
cgroup=$2
checkout=$3

if [ "${4:-}" != inside ]; then
    network=()
    [ "${4:-}" != --own-network ] || network=(--net)
    mkdir -p "$cgroup"
    echo $$ >"$cgroup/cgroup.procs"
    exec unshare --pid --fork --kill-child --mount --uts --ipc --cgroup "${network[@]}" --propagation private \
        "$0" "$dir" "$cgroup" "$checkout" inside
fi

ip link set lo up 2>/dev/null || true
mkdir -p "$dir/layer"
mount -t tmpfs -o mode=755 tmpfs "$dir/layer"
mkdir "$dir/layer/upper" "$dir/layer/work" "$dir/layer/root"
root=$dir/layer/root
mount -t overlay -o "lowerdir=/,upperdir=$dir/layer/upper,workdir=$dir/layer/work" overlay "$root"
if [ ! -e "$root$checkout/CMakeLists.txt" ]; then   # on a file system of its own
    mount --bind "$checkout" "$root$checkout"
fi

# As the installer of Debian left it: nothing of ours, nothing enabled.
rm -rf "$root"/etc/rtbatch "$root"/etc/systemd/system "$root"/etc/sysusers.d/rtbatch.conf "$root"/etc/cron.d/rtbatch \
    "$root"/etc/nginx/sites-*/rtbatch* "$root"/etc/nginx/snippets/rtbatch* "$root"/var/lib/rtbatch "$root"/usr/local/bin/rtbatch-* \
    "$root"/usr/local/share/rtbatch "$root"/usr/local/lib/{systemd,sysusers.d,tmpfiles.d}
mkdir -p "$root/etc/systemd/system"
sed -i '/^rtbatch:/d' "$root"/etc/{passwd,group,shadow,gshadow}
systemd-id128 new >"$root/etc/machine-id"
rm -f "$root/etc/fstab"
# At boot Debian empties /tmp, where the checkout may be; nobody sits at a console; the kernel belongs to others too.
mkdir -p "$root/etc/tmpfiles.d"
ln -sf /dev/null "$root/etc/tmpfiles.d/tmp.conf"
for unit in console-getty.service systemd-modules-load.service systemd-journald-audit.socket; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

# What a container gives a systemd: the kernel's settings cannot be changed from in here, and there are no devices.
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/sys"
mkdir -p "$root/sys/fs/cgroup"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$root/run"

cd "$root"
pivot_root . mnt
umount -l /mnt
exec env -i container=rtbatch-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=multi-user.target \
    --log-target=console --show-status=no
