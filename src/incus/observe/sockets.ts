import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { Binding } from '../../domain/binding.js';
import type { IpAddress, Port } from '../../domain/names.js';
import type { StoreMode } from '../../domain/store-mode.js';
import type { InstanceSpec } from '../../domain/services.js';

/** A socket of the host that listens; of an address, on one port. */
export type Socket = { readonly binding: Binding; readonly inode: string };
/** `isForwarder`: of the daemon that we ask. */
export type Holder = { readonly words: string; readonly isForwarder: boolean };

/** What the host shows without asking anybody: sockets that listen, its addresses, the pets' profiles. */
export type HostView = {
  readonly listening: readonly Socket[];
  /** Who holds a socket, in words: costs a walk through /proc. */
  readonly holderOf: (socket: Socket) => Holder;
  readonly addresses: readonly string[];
  /** The system that the app's profile points at, undefined when there is none. Shared stores only. */
  readonly profile: (app: string) => string | undefined;
  /** The config and devices that a pet is made with. */
  readonly made: (app: string, store: StoreMode) => Pick<InstanceSpec, 'config' | 'devices'>;
};

/** TCP's LISTEN, and what udp sockets have that are bound and not connected (net/tcp_states.h). */
const LISTENING = { tcp: '0A', udp: '07' } as const;

/** Every listening socket of the host's network namespace, from /proc/net (proc(5)). */
export function listeningSockets(): Socket[] {
  return [
    ...inetSockets('tcp', '/proc/net/tcp'),
    ...inetSockets('tcp', '/proc/net/tcp6'),
    ...inetSockets('udp', '/proc/net/udp'),
    ...inetSockets('udp', '/proc/net/udp6'),
    ...unixSockets(),
  ];
}

function inetSockets(protocol: 'tcp' | 'udp', file: string): Socket[] {
  return tableOf(file).flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state !== LISTENING[protocol] || local === undefined || inode === undefined) return [];
    return [{ binding: { protocol, ...decode(local) }, inode }];
  });
}

/** `__SO_ACCEPTCON` in the flags of a unix socket that listens. */
const ACCEPTS = '00010000';

/** Those with a path: the ones of the abstract namespace begin with an `@`. */
export function unixSockets(): Socket[] {
  return tableOf('/proc/net/unix').flatMap((line) => {
    const [, flags, inode, path] = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+) (\/.*)$/.exec(line) ?? [];
    if (flags !== ACCEPTS || inode === undefined || path === undefined) return [];
    return [{ binding: { protocol: 'unix' as const, path }, inode }];
  });
}

/** The lines below the heading. */
function tableOf(file: string): string[] {
  return readIfThere(file).split('\n').slice(1);
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

/** `0100007F:1F90` → 127.0.0.1, 8080. Addresses are 32-bit words in host byte order, little-endian here. */
function decode(local: string) {
  const [hex = '', digits = '0'] = local.split(':');
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((b) => parseInt(b, 16)),
  );
  const address = bytes.length === 4 ? bytes.join('.') : ipv6(bytes);
  const port = parseInt(digits, 16) as Port;
  return { address: address as IpAddress, first: port, last: port };
}

function ipv6(bytes: readonly number[]): string {
  const mapped = bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return bytes.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** The process that has a socket; of a forwarder of Incus also the daemon that started it, where that can be read. */
export type Owner = { readonly pid: string; readonly command: string; readonly forwarder: Forwarder | null };
type Forwarder = { readonly daemon: number | null };

/** Tells who has a socket: an `inode`. Null: no process that this user can look into. */
export type Owners = (inode: string) => Owner | null;

/**
 * Looks only when somebody must be named, and once: a walk through all descriptors of all processes costs a tenth of a
 * second and more, however many sockets are asked about.
 */
export function ownersOnce(walk: () => ReadonlyMap<string, string> = pidsBySocket): Owners {
  let pids: ReadonlyMap<string, string> | null = null;
  return (inode) => {
    const pid = (pids ??= walk()).get(inode);
    return pid === undefined ? null : ownerOf(pid);
  };
}

/** Inode of each socket → the process that has it. */
function pidsBySocket(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    for (const target of descriptors(pid)) {
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined && !found.has(inode)) found.set(inode, pid);
    }
  return found;
}

function ownerOf(pid: string): Owner {
  const command = commandOf(pid);
  // A wrapped program is `.incusd-wrapped` on NixOS. The first number is the process whose network it listens in.
  const [isForwarder, daemon] = /\bincusd(?:-wrapped)? forkproxy\b(?: -- (\d+) )?/.exec(command) ?? [];
  const forwarder = { daemon: daemon === undefined ? null : Number(daemon) };
  return { pid, command: shortenCommand(command), forwarder: isForwarder === undefined ? null : forwarder };
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

function shortenCommand(command: string): string {
  return command.length > 60 ? `${command.slice(0, 59)}…` : command;
}
