import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SOCKET } from './rig.js';

/** A socket in front of the tests' daemon. */
export class SlowDaemon {
  readonly #folder = mkdtempSync(join(tmpdir(), 'pets-slow-'));
  readonly socket = join(this.#folder, 'unix.socket');
  readonly #open = new Set<Socket>();
  readonly #server: Server;
  /** Connections of a command's streams so far. */
  streams = 0;
  /** How long the next stream takes to get through. */
  delayMs: () => number = () => 0;

  constructor() {
    this.#server = createServer((client) => {
      this.#serve(client);
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.socket, resolve));
  }

  #serve(client: Socket): void {
    const daemon = createConnection(SOCKET);
    for (const [from, to] of [
      [client, daemon],
      [daemon, client],
    ] as const) {
      this.#open.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#open.delete(from);
        to.destroy();
      });
    }
    daemon.pipe(client);
    client.once('data', (head: Buffer) => {
      client.pause();
      const isStream = head.includes('/websocket?');
      if (isStream) this.streams++;
      const pass = () => {
        if (!daemon.destroyed) daemon.write(head);
        client.pipe(daemon);
      };
      if (isStream) setTimeout(pass, this.delayMs());
      else pass();
    });
  }

  /** As a daemon that is restarted. */
  breakOff(): void {
    for (const one of this.#open) one.destroy();
  }

  /** As a daemon that is killed. */
  end(): void {
    this.#server.close();
    this.breakOff();
  }

  remove(): void {
    this.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
