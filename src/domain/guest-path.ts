/**
 * Where a guest's programs are looked for. Incus adds NixOS' own folder only where there is a file `/etc/NIXOS`, which
 * not every system has, and none before its activation; the profile names the system that is about to boot.
 */
export const GUEST_PATH = [
  '/run/wrappers/bin',
  '/run/current-system/sw/bin',
  '/nix/var/nix/profiles/system/sw/bin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
].join(':');
