import { createConnection, createServer } from 'node:net';
import type { Host } from '../ports.js';

/** The host's side of what forwarders listen on. */
export const tcpHost: Host = {
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
