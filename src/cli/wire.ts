import { rename, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { availableParallelism, freemem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Limits } from '../apply/apply.js';
import type { Ports } from '../apply/perform.js';
import { sharedStore } from '../deliver/shared.js';
import { guestOver } from '../guest/guest.js';
import { incusOver } from '../incus/client.js';
import { socketPath } from '../incus/http.js';
import { printLock } from '../manifest/lock.js';
import type { Lock } from '../model.js';
import { nixOver } from '../nix/nix.js';
import type { Exec, Host, LockFile } from '../ports.js';
import type { Context } from './context.js';
import type { Project } from './project.js';

/** execa takes longer to load than most of `pets diff`: only where a program must be run. */
export const lazyExec: Exec = async (...args) => (await import('../exec.js')).exec(...args);

export function portsFor(project: Project, timeoutMs: number, context: Context): Ports {
  const incus = incusOver(socketPath(context.env));
  const assembly = fileURLToPath(new URL('../nix', import.meta.url));
  return {
    incus,
    nix: nixOver(lazyExec, assembly, project.ownFiles),
    delivery: sharedStore(project.manifest.project, lazyExec),
    guest: guestOver(incus, timeoutMs),
    host: tcpHost,
    lockFile: lockFileAt(project.lockPath, project.lock),
  };
}

const GIB = 2 ** 30;
/** A NixOS system's evaluation takes most of a GiB. */
const EVALUATION_BYTES = GIB;

export function limitsFor(jobs: number, evalJobs: number | undefined): Limits {
  const fits = Math.floor((freemem() - GIB) / EVALUATION_BYTES);
  const evaluate = evalJobs ?? Math.max(1, Math.min(fits, availableParallelism()));
  return { evaluate, build: availableParallelism(), incus: jobs };
}

/** Written whole or not at all, one after the other. */
function lockFileAt(path: string, initial: Lock): LockFile {
  let lock = initial;
  let last: Promise<void> = Promise.resolve();
  const write = async () => {
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      await writeFile(temporary, printLock(lock));
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
  };
  return {
    add: (url, locked) => {
      lock = { ...lock, refs: { ...lock.refs, [url]: locked } };
      last = last.then(write, write);
      return last;
    },
  };
}

const tcpHost: Host = {
  probe: ({ address, port }) =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', (error: NodeJS.ErrnoException) => {
        resolve(obstacle(error));
      });
      server.listen({ host: address, port, ipv6Only: false }, () =>
        server.close(() => {
          resolve(null);
        }),
      );
    }),

  accepts: async (listen, timeoutMs) => {
    const target = { host: connectable(listen.address), port: listen.port };
    const deadline = Date.now() + timeoutMs;
    while (!(await connects(target))) {
      if (Date.now() > deadline)
        throw new Error(`nothing accepts connections on ${target.host} port ${target.port}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  },
};

function obstacle(error: NodeJS.ErrnoException): string | null {
  if (error.code === 'EADDRINUSE') return 'is in use';
  if (error.code === 'EADDRNOTAVAIL') return 'is not an address of this host';
  // Incus binds as root: what is forbidden to us need not be forbidden to it.
  if (error.code === 'EACCES') return null;
  return `cannot be bound: ${error.message}`;
}

function connectable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
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
