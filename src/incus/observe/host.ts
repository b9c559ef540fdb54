import ipaddr from 'ipaddr.js';
import { existsSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { formatBinding, reachable, socketsOf, type Binding } from '../../domain/binding.js';
import { poll } from '../../lib/wait.js';
import { makeFolder, MODES } from '../../lib/files.js';
import type { Host } from '../../domain/services.js';
import { ProblemError } from '../../domain/problem.js';
import {
  listeningSockets,
  type HostView,
  type Holder,
  type Owner,
  type Owners,
  type Socket,
} from './sockets.js';
import { bindObstacle, fileObstacle, IN_USE } from './obstacle.js';

/**
 * The host as the kernel shows it. `daemon`: the process of the one that we ask; null: it did not say. Other daemons have
 * forwarders of their own.
 */
export function hostView(
  { profile, made }: Pick<HostView, 'profile' | 'made'>,
  owners: Owners,
  daemon: number | null = null,
): HostView {
  const holderOf = ({ inode }: Socket) => holderIn(owners(inode), daemon);
  return { listening: listeningSockets(), holderOf, addresses: localAddresses(), profile, made };
}

function holderIn(owner: Owner | null, own: number | null): Holder {
  if (owner === null) return { words: 'a process of another user', isForwarder: false };
  const { pid, command, forwarder } = owner;
  if (forwarder === null) return { words: `process ${pid} (${command})`, isForwarder: false };
  if (isOfAnother(forwarder.daemon, own))
    return { words: `process ${pid}, a forwarder of another Incus`, isForwarder: false };
  // Whoever waits for it in vain is to know how to be rid of it.
  const words = `a forwarder of Incus that no running instance has: \`kill ${pid}\` ends it`;
  return { words, isForwarder: true };
}

/** One whose daemon has gone may be what a restart of ours has left. */
function isOfAnother(daemon: number | null, own: number | null): boolean {
  return daemon !== null && own !== null && daemon !== own && existsSync(`/proc/${daemon}`);
}

const LOOK_AGAIN_MS = 50;

/** This host, which the daemon runs on. */
export const localHost: Host = {
  probe: (binding, timeoutMs) =>
    poll(
      () => (binding.protocol === 'unix' ? fileObstacle(binding.path) : bindObstacle(binding)),
      (obstacle) => !obstacle?.startsWith(IN_USE),
      { deadline: Date.now() + timeoutMs, everyMs: LOOK_AGAIN_MS },
    ),

  accepts: async (binding, timeoutMs) => {
    const bound = { deadline: Date.now() + timeoutMs, everyMs: LOOK_AGAIN_MS };
    if (await poll(() => isOpen(binding), Boolean, bound)) return;
    throw new ProblemError({
      code: 'exposure-failed',
      data: { binding: formatBinding(binding) },
      message: `nothing accepts connections on ${formatBinding(binding)}`,
    });
  },

  makeFolder: async (path) => {
    try {
      await makeFolder(path, MODES.shared.folder);
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'something else is there' : code;
      throw new ProblemError({ code: 'file-unwritable', message: `cannot make the folder ${path}: ${why}` });
    }
  },
};

/** A tcp port must answer. Of the others only the kernel knows: nothing answers on udp, a socket file may be root's. */
async function isOpen(binding: Binding): Promise<boolean> {
  if (binding.protocol !== 'tcp') {
    const listening = new Set(listeningSockets().flatMap((socket) => socketsOf(socket.binding)));
    return socketsOf(binding).every((socket) => listening.has(socket));
  }
  for (let port: number = binding.first; port <= binding.last; port++) {
    if (!(await connects({ host: reachable(binding.address), port }))) return false;
  }
  return true;
}

function connects(target: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(target);
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => {
      end(false);
    });
    socket.once('connect', () => {
      end(true);
    });
    socket.once('error', () => {
      end(false);
    });
  });
}

/**
 * This host's addresses, by the kernel's routes and list (/proc/net, proc(5)). Node's own list leaves out interfaces
 * without a carrier, and a bridge that no guest is on has none.
 */
function localAddresses(): string[] {
  const routes = readFileSync('/proc/net/fib_trie', 'latin1');
  const v4 = [...routes.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)].map(([, address = '']) => address);
  const v6 = readIfThere('/proc/net/if_inet6').match(/^[0-9a-f]{32}/gm) ?? [];
  return [...new Set([...v4, ...v6.map(formatHex)])];
}

/** `fd000000000000000000000000000002` → `fd00::2`. */
function formatHex(hex: string): string {
  return ipaddr.parse(hex.replace(/.{4}(?=.)/g, '$&:')).toString();
}

/** A kernel without IPv6 has no such file. */
function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1') : '';
}
