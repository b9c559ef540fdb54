import { createConnection } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { ConnectionLost, lost, SILENCE_MS } from './http.js';

/** The most that is taken of one output of a command. Nobody who asks a guest needs more, and a guest may say anything. */
export const OUTPUT_BYTES = 4 * 1024 * 1024;

/** A command printed more than that. */
export class TooMuchOutput extends Error {
  constructor() {
    super(`more than ${OUTPUT_BYTES / 1024 / 1024} MiB of output`);
  }
}

/** One of the streams of a command that runs in a guest. */
export interface Stream {
  /** What it printed, once it has said that this is all; else ConnectionLost or TooMuchOutput. */
  readonly output: Promise<string>;
  /** Nothing more comes from us. */
  end(): void;
  send(text: string): void;
  close(): void;
}

/** Opens the stream at a path of the daemon. */
export type Dial = (path: string) => Promise<Stream>;

export function dialer(socket: string): Dial {
  return async (path) => {
    // Only who asks a guest needs it.
    const { WebSocket } = await import('ws');
    const connection = new WebSocket(`ws://incus${path}`, {
      createConnection: () => createConnection(socket),
      perMessageDeflate: false,
      handshakeTimeout: SILENCE_MS,
      maxPayload: OUTPUT_BYTES,
    });
    const output = outputOf(connection);
    // Whoever does not wait for it is told by the others.
    output.catch(() => undefined);
    await awaitOpen(connection, socket);
    return {
      output,
      // An empty text stands for the end of a stream, in both directions.
      end: () => {
        connection.send('');
      },
      send: (text) => {
        connection.send(text);
      },
      close: () => {
        connection.close();
      },
    };
  };
}

function awaitOpen(connection: WebSocket, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.once('open', resolve);
    connection.on('error', (error: NodeJS.ErrnoException) => {
      reject(lost(error, socket));
    });
  });
}

function outputOf(connection: WebSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let left = OUTPUT_BYTES;
    connection.on('message', (data: RawData, isBinary: boolean) => {
      if (!isBinary) {
        resolve(Buffer.concat(chunks).toString());
        return;
      }
      const chunk = data as Buffer;
      left -= chunk.byteLength;
      if (left >= 0) chunks.push(chunk);
      else {
        reject(new TooMuchOutput());
        connection.terminate();
      }
    });
    connection.on('close', () => {
      reject(new ConnectionLost('the output of a command in the guest broke off'));
    });
  });
}
