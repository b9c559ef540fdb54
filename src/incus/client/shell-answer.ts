import { randomUUID } from 'node:crypto';
import type { GuestResult } from '../../domain/services.js';
import { OUTPUT_BYTES, TooMuchOutput } from './streams.js';

/** What a shell says to one question, between marks that nothing else in the guest knows. */
export class Answer {
  readonly #mark = randomUUID();
  readonly #outputs: readonly [Output, Output] = [new Output(this.#mark), new Output(this.#mark)];
  readonly #resolve: (result: GuestResult) => void;
  readonly #reject: (error: unknown) => void;

  constructor(resolve: (result: GuestResult) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** What the shell is told. A command that nobody waits for any more is ended, whatever became of the shell. */
  script(command: readonly string[], seconds: number): string {
    const mark = this.#mark;
    const words = ['timeout', '-k', '1', String(seconds), ...command].map(quote).join(' ');
    const begin = `printf %s '<${mark}'; printf %s '<${mark}' >&2`;
    const end = `set -- $?; printf '>${mark} %d\\n' "$1"; printf '>${mark} %d\\n' "$1" >&2`;
    return `${begin}; ${words} </dev/null; ${end}\n`;
  }

  take(stream: 0 | 1, piece: Uint8Array): void {
    const [stdout, stderr] = this.#outputs;
    const output = this.#outputs[stream];
    output.take(piece);
    if (output.isTooLong) this.#reject(new TooMuchOutput());
    const exitCode = stdout.exitCode;
    if (exitCode === null || stderr.exitCode === null) return;
    this.#resolve({ exitCode, stdout: stdout.text(), stderr: stderr.text() });
  }
}

/** Far more than the end takes. */
const END_BYTES = 64;

class Output {
  readonly #mark: string;
  readonly #pieces: Uint8Array[] = [];
  #size = 0;
  exitCode: number | null = null;

  constructor(mark: string) {
    this.#mark = mark;
  }

  get isTooLong(): boolean {
    return this.#size > OUTPUT_BYTES;
  }

  take(piece: Uint8Array): void {
    this.#size += piece.byteLength;
    if (this.isTooLong) return;
    this.#pieces.push(piece);
    const [, mark, code] = />([\da-f-]{36}) (\d{1,3})\n$/.exec(this.#last()) ?? [];
    if (mark === this.#mark) this.exitCode = Number(code);
  }

  /** The last of it, however small the pieces that it came in. */
  #last(): string {
    const last: Uint8Array[] = [];
    for (let n = this.#pieces.length - 1, left = END_BYTES; n >= 0 && left > 0; n--) {
      const piece = this.#pieces[n] as Uint8Array;
      last.unshift(piece.subarray(-left));
      left -= piece.byteLength;
    }
    return Buffer.concat(last).toString('latin1');
  }

  text(): string {
    const all = Buffer.concat(this.#pieces);
    const begin = `<${this.#mark}`;
    return all.subarray(all.indexOf(begin) + begin.length, all.lastIndexOf(`>${this.#mark}`)).toString();
  }
}

/** One word for a shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
