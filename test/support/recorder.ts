import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Recorder = {
  readonly socket: string;
  /** As method and path. */
  readonly requests: string[];
  readonly close: () => Promise<void>;
};

/**
 * A socket in front of a daemon's that keeps the first line of every request. `rewrite`: changes what the daemon
 * answers, not its length.
 */
export async function record(daemon: string, rewrite = (text: string) => text): Promise<Recorder> {
  const folder = mkdtempSync(join(tmpdir(), 'pets-socket-'));
  const socket = join(folder, 'incus.socket');
  const requests: string[] = [];
  const server = createServer((client) => {
    const onward = createConnection(daemon);
    client.on('data', (chunk: Buffer) => {
      const line = /^(GET|POST|PUT|PATCH|DELETE|HEAD) (\S+) HTTP/.exec(chunk.toString('latin1'));
      if (line) requests.push(`${line[1] ?? ''} ${line[2] ?? ''}`);
      onward.write(chunk);
    });
    onward.on('data', (chunk: Buffer) => client.write(rewrite(chunk.toString('latin1')), 'latin1'));
    // What was said to the one goes over to the other before that hears of the end.
    client.on('close', () => onward.end());
    onward.on('close', () => client.end());
    client.on('error', () => onward.destroy());
    onward.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const close = () =>
    new Promise<void>((resolve) =>
      server.close(() => {
        rmSync(folder, { recursive: true });
        resolve();
      }),
    );
  return { socket, requests, close };
}
