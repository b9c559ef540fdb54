import { createConnection } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { ConnectionLost, lost, SILENCE_MS } from './http.js';

/** Where the pieces of a stream go. A promise: nothing more is taken before it resolves, and its failure ends the stream. */
export type Taker = (piece: Uint8Array) => Promise<void> | null;

/** One of the streams of a command that runs in a guest, as the daemon serves it. */
export interface Connection {
  /** Resolves once the daemon has said that this is all; else ConnectionLost, or why it could not be taken. */
  readonly ended: Promise<void>;
  /** Resolves when there is room for more. An empty text stands for the end of a stream, in both directions. */
  readonly send: (data: string | Uint8Array) => Promise<void>;
  readonly close: () => void;
  /** False: this process may end meanwhile. */
  readonly hold: (isHeld: boolean) => void;
}

/** Opens the stream at a path of the daemon. */
export type Connect = (path: string, take: Taker) => Promise<Connection>;

/** The daemon has given up on the streams of a command, or refuses one of them: the command has not begun. */
export class NotBegun extends ConnectionLost {}

/** Far more than the daemon puts into one message. */
const MESSAGE_BYTES = 4 * 1024 * 1024;

/** Streams of the daemon behind a socket of this host. */
export function connector(socket: string): Connect {
  return async (path, take) => {
    // Only who asks a guest needs it.
    const { WebSocket } = await import('ws');
    const connection = createConnection(socket);
    const stream = new WebSocket(`ws://incus${path}`, {
      createConnection: () => connection,
      perMessageDeflate: false,
      handshakeTimeout: SILENCE_MS,
      maxPayload: MESSAGE_BYTES,
    });
    const ended = takeAll(stream, take);
    // Whoever does not wait for it is told by the others.
    ended.catch(() => undefined);
    await awaitOpen(stream, socket);
    return {
      ended,
      send: (data) => send(stream, data),
      close: () => {
        stream.close();
      },
      hold: (isHeld) => {
        if (isHeld) connection.ref();
        else connection.unref();
      },
    };
  };
}

function awaitOpen(stream: WebSocket, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('open', resolve);
    stream.on('unexpected-response', (request, { statusCode }) => {
      reject(new NotBegun(`the daemon refused a stream of the command (HTTP ${statusCode ?? 0})`));
      request.destroy();
    });
    stream.on('error', (error: NodeJS.ErrnoException) => {
      reject(lost(error, socket));
    });
  });
}

function send(stream: WebSocket, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.send(data, (error) => {
      if (error) reject(new ConnectionLost(`the connection to the guest broke: ${error.message}`));
      else resolve();
    });
  });
}

function takeAll(stream: WebSocket, take: Taker): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      reject(error instanceof Error ? error : new Error(String(error)));
      stream.terminate();
    };
    // What has arrived already comes while the stream pauses.
    const waiting = { pieces: 0, isEnd: false };
    const endIfTaken = () => {
      if (waiting.isEnd && waiting.pieces === 0) resolve();
    };
    const pauseFor = (taking: Promise<void>) => {
      waiting.pieces++;
      stream.pause();
      taking.then(() => {
        if (--waiting.pieces === 0) stream.resume();
        endIfTaken();
      }, fail);
    };
    stream.on('message', (data: RawData, isBinary: boolean) => {
      if (!isBinary) {
        waiting.isEnd = true;
        endIfTaken();
        return;
      }
      try {
        const taking = take(data as Buffer);
        if (taking !== null) pauseFor(taking);
      } catch (error) {
        fail(error);
      }
    });
    stream.on('close', () => {
      if (!waiting.isEnd) reject(new ConnectionLost('the output of a command in the guest broke off'));
    });
  });
}
