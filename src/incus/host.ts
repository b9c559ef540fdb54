import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { IpAddress, Listen, Port } from '../model.js';
import type { Holder, HostView, Socket } from './observe.js';

/** The host as the kernel shows it. */
export function hostView({ profile, made }: Pick<HostView, 'profile' | 'made'>): HostView {
  return { listening: listeningSockets(), holderOf, addresses: addresses(), profile, made };
}

function addresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((a) => a.address));
}

const LISTEN_STATE = '0A';

/** Every listening TCP socket of the host's network namespace, from /proc/net/tcp{,6} (proc(5)). */
function listeningSockets(): Socket[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readIfThere(file)
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
        if (state !== LISTEN_STATE || local === undefined || inode === undefined) return [];
        return [{ listen: decode(local), inode }];
      }),
  );
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // A kernel without IPv6 has no tcp6.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** `0100007F:1F90` → 127.0.0.1:8080. Addresses are 32-bit words in host byte order, little-endian here. */
function decode(local: string): Listen {
  const [hex = '', port = '0'] = local.split(':');
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((b) => parseInt(b, 16)),
  );
  const address = bytes.length === 4 ? bytes.join('.') : ipv6(bytes);
  return { address: address as IpAddress, port: parseInt(port, 16) as Port };
}

function ipv6(bytes: readonly number[]): string {
  const mapped = bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return bytes.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** Who holds a socket, as far as the kernel tells this user; looked up only when somebody must be named. */
function holderOf({ inode }: Socket): Holder {
  const wanted = `socket:[${inode}]`;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!descriptors(pid).includes(wanted)) continue;
    const command = commandOf(pid);
    // A wrapped program is `.incusd-wrapped` on NixOS.
    const isForwarder = /\bincusd(-wrapped)? forkproxy\b/.test(command);
    return { words: `process ${pid} (${shortened(command)})`, isForwarder };
  }
  return { words: 'a process of another user', isForwarder: false };
}

function descriptors(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkOrEmpty(`/proc/${pid}/fd/${fd}`));
  } catch {
    // Another user's process, or one that ended while we looked: it cannot be named.
    return [];
  }
}

function readlinkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // The descriptor was closed between the listing and the look.
    return '';
  }
}

function commandOf(pid: string): string {
  return readIfThere(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

function shortened(command: string): string {
  return command.length > 60 ? `${command.slice(0, 59)}…` : command;
}
