export type SafeWriter = {
  readonly write: (text: string) => boolean;
  /** Resolves when the stream has taken everything, or never will. */
  readonly flush: () => Promise<void>;
};

/**
 * Writes to a stream that may go away: `pets up 2>&1 | head` must not end in a stack trace, and progress
 * that nobody can read must not stop the work. After the first error nothing more is written.
 */
export function safeWriter(stream: NodeJS.WriteStream): SafeWriter {
  let broken = false;
  stream.on('error', () => {
    broken = true;
  });
  const gone = () => broken || stream.destroyed || stream.writableEnded;
  return {
    write(text) {
      if (gone()) return false;
      try {
        return stream.write(text);
      } catch {
        broken = true;
        return false;
      }
    },
    flush: () =>
      new Promise((resolve) => {
        if (gone() || !stream.writableLength) resolve();
        else {
          stream.once('close', resolve);
          stream.write('', () => {
            stream.off('close', resolve);
            resolve();
          });
        }
      }),
  };
}

const FALLBACK = { columns: 80, rows: 24 };

export function sizeOf(stream: NodeJS.WriteStream): { columns: number; rows: number } {
  return { columns: stream.columns || FALLBACK.columns, rows: stream.rows || FALLBACK.rows };
}

/**
 * The stream as Ink gets it. Where its last frame was as tall as the terminal, Ink clears the screen and the
 * scrollback (`ESC[2J ESC[3J`), and after a resize that can be any frame. `layout.ts` keeps frames
 * below the height, so Ink is told that the terminal has no end.
 */
export function inkStream(stream: NodeJS.WriteStream, write: SafeWriter['write']): NodeJS.WriteStream {
  return new Proxy(stream, {
    get(target, key): unknown {
      if (key === 'rows') return Number.MAX_SAFE_INTEGER;
      if (key === 'columns') return sizeOf(target).columns;
      if (key === 'write') return writeFor(write);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Ink's unmounting waits for the callback of its last write: it has to come, whatever became of the stream. */
function writeFor(write: SafeWriter['write']) {
  return (text: string, done?: () => void): boolean => {
    const more = write(text);
    if (done) setImmediate(done);
    return more;
  };
}
