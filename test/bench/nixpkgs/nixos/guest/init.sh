#!@busybox@/bin/sh
# PID 1 of a pet, for a moment: makes a file system out of an empty root and
# the store, activates the system, and becomes systemd.
#
# LXC starts it by the name /nix/var/nix/profiles/system/init. /nix/store (read
# only), /dev, /proc and /sys are there; nothing else needs to be.
export PATH=@busybox@/bin
system=$(dirname "$(readlink -f "$0")")
echo "stand-in: booting $system" >/dev/console 2>&1

if [ "@dies@" = dies ]; then
  echo "stand-in: standIn.boot = \"dies\"" >/dev/console 2>&1
  exit 1
fi

mkdir -p /run /tmp /etc /home /srv /mnt /media /opt /root \
  /var/cache /var/empty /var/lib/nixos /var/lib/systemd /var/log/journal /var/spool /var/tmp
chmod 1777 /tmp /var/tmp
chmod 700 /root
# What survives a restart lives on the root disk; /run does not.
grep -q ' /run ' /proc/mounts || mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /run
ln -sfn /run /var/run
ln -sfn /run/lock /var/lock

# The userland's /etc, once. Its own units and boot jobs stay behind: the units
# of a pet are those of its toplevel, and nothing else is to run in it.
if [ ! -e /etc/passwd ]; then
  cp -a @userland@/etc/. /etc/
  # What pets has put there before keeps its permissions.
  find /etc -path /etc/credstore -prune -o ! -type l -exec chmod u+w {} +
  chmod 640 /etc/shadow /etc/gshadow
  cd /etc
  rm -rf systemd/system systemd/user apt cron.* dpkg init.d kernel logrotate.d \
    rc?.d update-motd.d passwd- group- shadow- gshadow- fstab resolv.conf
  : > resolv.conf
  cd /
fi
# Without an id of its own systemd would take this for a first boot, and try to
# enable units in /etc/systemd/system, which is in the store.
if [ ! -s /etc/machine-id ] || grep -q uninitialized /etc/machine-id; then
  tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id
fi

"$system/activate" boot </dev/null >/dev/console 2>&1
HOME=/root PATH=/run/current-system/sw/bin:/usr/sbin:/usr/bin "$system/post-boot" </dev/null >/dev/console 2>&1
ln -sfn "$system" /run/booted-system
# Where the guest has a store of its own, its garbage collector keeps both.
mkdir -p /nix/var/nix/gcroots
ln -sfn /run/current-system /nix/var/nix/gcroots/current-system
ln -sfn /run/booted-system /nix/var/nix/gcroots/booted-system

# Only the toplevel's units, and those made at run time: not what Debian's
# packages happen to bring in /lib/systemd/system.
export SYSTEMD_UNIT_PATH=/run/systemd/system.control:/run/systemd/transient:/etc/systemd/system:/run/systemd/system
export PATH=/run/current-system/sw/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec /lib/systemd/systemd
