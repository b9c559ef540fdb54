#!/bin/sh
# The first process of its own namespaces (pid, mount, network, cgroup): makes the root of a column the root of all that
# runs in here, then runs a command in it. When it ends the kernel ends all others, and no mount of it is left.
# Its working directory is a folder for all that is written: nix, incus, tmp, home, cache; changes and root are mount points.
set -eu
lower=$1 repository=$2 userland=$3 node=$4
shift 4

# Files of the root that change are forgotten. What guests get as disks lies beside it, in the file system of the host:
# there are no idmapped mounts of an overlay.
mount -t tmpfs changes changes
mkdir changes/upper changes/work
mount -t overlay -o "lowerdir=$lower,upperdir=changes/upper,workdir=changes/work" root root
bind() {
  mkdir -p "root$2"
  mount --bind "$1" "root$2"
}
bind nix /nix
bind incus /var/lib/incus
bind tmp /tmp
bind tmp /var/tmp
bind home /root
bind "$userland" /userland
mount -o remount,bind,ro root/userland
chmod 1777 tmp
bind "$repository" "$repository"
mount -o remount,bind,ro "root$repository"
bind cache "$repository/test/bench/.cache"
touch root/usr/local/bin/node
mount --bind "$node" root/usr/local/bin/node

mount -t proc proc root/proc
mount -t sysfs sysfs root/sys
mount -t cgroup2 cgroup2 root/sys/fs/cgroup
mount -t tmpfs run root/run
mount --rbind /dev root/dev
ip link set lo up

cd root
pivot_root . .
umount -l .
cd "$repository"

# A group that has processes of its own hands no controllers on, and guests are groups beside this one.
mkdir /sys/fs/cgroup/bench
echo 0 > /sys/fs/cgroup/bench/cgroup.procs

"$@"
