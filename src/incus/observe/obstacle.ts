import { createSocket } from 'node:dgram';
import { lstatSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { isWildcard } from '../../domain/binding.js';
import type { Binding } from '../../domain/binding.js';
import { unixSockets } from './sockets.js';

/** How each obstacle begins that may pass: a forwarder that was just told to end. */
export const IN_USE = 'is in use';

type Ports = Exclude<Binding, { protocol: 'unix' }>;

/** Why a forwarder could not listen on all of the ports, found by binding each; null: it could. */
export async function bindObstacle(binding: Ports): Promise<string | null> {
  const { protocol, first, last } = binding;
  const bind = protocol === 'tcp' ? bindTcp : bindUdp;
  for (let port: number = first; port <= last; port++) {
    const error = await bindAsIncus(binding, (host) => bind(host, port));
    const why = error && obstacle(error);
    if (why) return first === last ? why : `${why} (port ${port})`;
  }
  return null;
}

/** Incus' forwarder opens both families for either wildcard, as long as the kernel has both. */
async function bindAsIncus(binding: Ports, bind: Bind): Promise<NodeJS.ErrnoException | null> {
  if (!isWildcard(binding)) return bind(binding.address);
  const error = await bind('::');
  const isWithoutIpv6 = error?.code === 'EAFNOSUPPORT' || error?.code === 'EADDRNOTAVAIL';
  return isWithoutIpv6 ? bind('0.0.0.0') : error;
}

type Bind = (host: string) => Promise<NodeJS.ErrnoException | null>;

function bindTcp(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port, ipv6Only: false, exclusive: true }, () => {
      server.close(() => {
        resolve(null);
      });
    });
  });
}

function bindUdp(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
    socket.once('error', (error) => {
      socket.close();
      resolve(error);
    });
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.close(() => {
        resolve(null);
      });
    });
  });
}

function obstacle(error: NodeJS.ErrnoException): string | null {
  if (error.code === 'EADDRINUSE') return IN_USE;
  if (error.code === 'EADDRNOTAVAIL') return 'is not an address of this host';
  // Incus binds as root: what is forbidden to us need not be forbidden to it.
  if (error.code === 'EACCES') return null;
  return `cannot be bound: ${error.message}`;
}

/** `sun_path` of unix(7), without the NUL at its end. */
const LONGEST_PATH = 107;

/** Why a forwarder could not make its socket file, or must not: Incus deletes without asking what is there. */
export function fileObstacle(path: string): string | null {
  if (Buffer.byteLength(path) > LONGEST_PATH) return `is longer than ${LONGEST_PATH} bytes`;
  try {
    if (!statSync(dirname(path)).isDirectory()) return `cannot be made: ${dirname(path)} is not a folder`;
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there && !there.isSocket()) return 'is there and is not a socket: Incus would delete it';
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `cannot be made: there is no folder ${dirname(path)}`;
    // Incus looks as root: what is hidden from us need not be hidden from it.
    return code === 'EACCES' ? null : `cannot be made: ${code}`;
  }
  // One that nobody listens on was left behind by a forwarder that has ended.
  const isLive = unixSockets().some(({ binding }) => binding.protocol === 'unix' && binding.path === path);
  return isLive ? IN_USE : null;
}
