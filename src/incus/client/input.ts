import type { Connection } from './connections.js';

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * What goes into a command: read piece by piece, as the command takes it. What was read and not sent yet is kept for the
 * next connection, as a command may have to be begun again.
 */
export class Input {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #next: Promise<IteratorResult<Uint8Array, unknown>> | null = null;
  /** Whether some of it is gone with a connection. */
  hasSent = false;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** All of it, and then its end. What cannot be read has ended. */
  async sendTo({ send }: Connection, gone: AbortSignal): Promise<void> {
    for (;;) {
      this.#next ??= this.#pieces.next().catch(() => END);
      const read = await this.#next;
      if (gone.aborted) return;
      if (read.done === true) return send('');
      this.#next = null;
      this.hasSent = true;
      await send(read.value);
    }
  }
}
