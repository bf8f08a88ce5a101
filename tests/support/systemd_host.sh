#!/bin/bash
# A real systemd as process 1 of namespaces of its own, where rtbatch is installed as on an operator's machine; this machine's
# files, users and units stay as they are. systemd_host.sh DIR CGROUP: DIR/stage has what `cmake --install` made and what
# was enabled there, DIR/run becomes /run/rtbatch. CGROUP is a new directory of the unified hierarchy. Needs root.
set -euo pipefail
dir=$1
cgroup=$2

if [ "${3:-}" != inside ]; then
    mkdir -p "$cgroup"
    echo $$ >"$cgroup/cgroup.procs"
    exec unshare --pid --fork --kill-child --mount --uts --ipc --cgroup --propagation private "$0" "$dir" "$cgroup" inside
fi

mount -t proc proc /proc
mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup

# A copy of /etc with our files, and without the units of this machine.
cp -a /etc "$dir/etc"
rm -rf "$dir/etc/systemd/system"
cp -a "$dir/stage/etc/." "$dir/etc/"
mount --bind "$dir/etc" /etc
mount --bind "$dir/stage/usr/local" /usr/local

# What a machine offers to units before ours; the real ones would start half an operating system.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/offered /run/rtbatch
for unit in sysinit.target basic.target sockets.target multi-user.target shutdown.target network-online.target; do
    printf '[Unit]\nDescription=offered by the test\nDefaultDependencies=no\n' >"/run/offered/$unit"
done
printf 'Wants=sockets.target\nAfter=sockets.target\n' >>/run/offered/multi-user.target
mount --bind "$dir/run" /run/rtbatch

systemd-sysusers /etc/sysusers.d/rtbatch.conf
mount -t tmpfs -o mode=755 tmpfs /var/lib
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
mount -t tmpfs -o mode=1777 tmpfs /tmp   # from here on $dir is out of sight
install -d -o rtbatch -g rtbatch /var/lib/rtbatch /var/lib/rtbatch/var
(cd /var/lib/rtbatch && setpriv --reuid rtbatch --regid rtbatch --clear-groups /usr/local/bin/rtbatch-admin migrate)

exec env -i container=rtbatch-test PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/offered \
    /lib/systemd/systemd --system --unit=multi-user.target --log-target=console --show-status=no
