import { connector } from './connections.js';

/** The most that is taken of one output of a command. Nobody who asks a guest needs more, and a guest may say anything. */
export const OUTPUT_BYTES = 4 * 1024 * 1024;

/** A command printed more than that. */
export class TooMuchOutput extends Error {
  constructor() {
    super(`more than ${OUTPUT_BYTES / 1024 / 1024} MiB of output`);
  }
}

/** One of the streams of a command that is asked something. */
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
  const connect = connector(socket);
  return async (path) => {
    const chunks: Uint8Array[] = [];
    let left = OUTPUT_BYTES;
    const { ended, send, close } = await connect(path, (piece) => {
      left -= piece.byteLength;
      if (left < 0) throw new TooMuchOutput();
      chunks.push(piece);
      return null;
    });
    const output = ended.then(() => Buffer.concat(chunks).toString());
    // Whoever does not wait for it is told by the others.
    output.catch(() => undefined);
    const tell = (text: string) => void send(text).catch(() => undefined);
    return {
      output,
      end: () => {
        tell('');
      },
      send: tell,
      close,
    };
  };
}
