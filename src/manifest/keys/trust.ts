import type { Say, PartialApp } from '../check.js';
import { resolvePath } from '../path.js';
import { isAtOrBelow } from './paths.js';
import { quote } from '../../lib/format.js';

/** What reaches the host itself is not for a container to have by the way: one key says that it is meant. */

/** Config keys by which root in the container, or the one who writes them, comes to do as root of the host. */
const CONFIG = [
  /^raw\./,
  // Those that are left out forbid more than Incus does by itself.
  /^security\.syscalls\.(?!deny$|deny_compat$)/,
  /^security\.bpffs\./,
  /^security\.idmap\.base$/,
  /^linux\.kernel_modules(?:\.|$)/,
];

/** Whatever is in them is the kernel's or the daemon's. */
const SYSTEM = ['/dev', '/proc', '/sys', '/var/lib/incus'];
/** Who may write to all of one of these decides what the host runs. */
const PROGRAMS = ['/etc', '/usr', '/bin', '/sbin', '/lib', '/lib64', '/nix', '/boot', '/root', '/home'];

/** Character devices that lead past the kernel's own rules: to memory, ports, disks. */
const RAW_DEVICE =
  /^\/dev\/(?:mem|kmem|port|kmsg|nvram|snapshot|loop-control|btrfs-control|mapper\/control|sg\d+|nvme\d+|(?:bsg|vfio|cpu)\/.+)$/;

type Properties = Readonly<Record<string, string>>;

export function checkTrust({ path, keys }: PartialApp, say: Say): void {
  const { config = [], devices = [], trusted = false } = keys.incus ?? {};
  if (trusted) return;
  const hint = '`incus.trusted = true` allows what reaches the host, for this app';
  for (const [key] of config)
    if (CONFIG.some((pattern) => pattern.test(key)))
      say({
        code: 'manifest-untrusted',
        path: [...path, 'incus', 'config', key],
        at: 'key',
        message: 'it reaches the host itself',
        hint,
      });
  for (const [name, device] of devices) {
    const why = flawOf(device);
    if (why !== null)
      say({
        code: 'manifest-untrusted',
        path: [...path, 'incus', 'devices', name],
        at: 'key',
        message: why,
        hint,
      });
  }
  for (const [i, { source, readOnly }] of (keys.binds ?? []).entries()) {
    const why = flawOfFolder(source.path, readOnly);
    if (why !== null)
      say({ code: 'manifest-untrusted', path: [...path, 'binds', i], at: 'value', message: why, hint });
  }
}

function flawOf(device: Properties): string | null {
  const { type = '', path = '', source = path, readonly: isReadOnly } = device;
  switch (type) {
    case 'disk':
      return source.startsWith('/') && device['pool'] === undefined
        ? flawOfFolder(source, isReadOnly === 'true')
        : null;
    case 'unix-char':
      // By its numbers it may be any.
      return RAW_DEVICE.test(resolvePath('/', source)) || device['major'] !== undefined
        ? 'such a device reaches the host itself'
        : null;
    case 'unix-block':
    case 'pci':
      return 'such a device reaches the host itself';
    default:
      return null;
  }
}

function flawOfFolder(path: string, isReadOnly: boolean): string | null {
  const folder = resolvePath('/', path);
  const isAbove = (one: string) => folder === '/' || isAtOrBelow(one, folder);
  const isSystem = SYSTEM.some((one) => isAbove(one) || isAtOrBelow(folder, one));
  const isWritten = !isReadOnly && PROGRAMS.some(isAbove);
  if (isSystem) return `${quote(folder)} is the host itself`;
  return isWritten ? `${quote(folder)} is the host itself, and may be written to` : null;
}
