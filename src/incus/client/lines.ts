import { PassThrough } from 'node:stream';
import { ProblemError } from '../../domain/problem.js';
import type { GuestResult } from '../../domain/services.js';
import type { Attach } from './attach.js';
import type { Taker } from './connections.js';
import { attachUntil } from './killable.js';
import { tail, takerOf } from './taker.js';

/**
 * The lines that a command in a guest prints, as they come; it waits while nobody takes them. It is ended when `stop`
 * says so, or when whoever reads goes away. Returns how it ended; `exitCode` is null where nobody knows.
 */
export type Lines = (
  app: string,
  command: readonly string[],
  stop: AbortSignal,
) => AsyncGenerator<string, LinesResult>;

export type LinesResult = Pick<GuestResult, 'stderr'> & { readonly exitCode: number | null };

/** What is kept of its errors. */
const ERROR_BYTES = 64 * 1024;
/** Far longer than an entry of a journal. */
const LINE_BYTES = 32 * 1024 * 1024;

export function linesOver(attach: Attach): Lines {
  return async function* (app, command, stop) {
    const out = new PassThrough();
    const left = new AbortController();
    const ended = run(attach, [app, command], { out, end: AbortSignal.any([stop, left.signal]) });
    try {
      yield* linesIn(out);
    } finally {
      left.abort(new Error('nobody reads it'));
      await ended;
    }
    return ended;
  };
}

type Running = { readonly out: PassThrough; readonly end: AbortSignal };

/** It never rejects: what is known of how it ended is in the result. */
async function run(
  attach: Attach,
  [app, command]: readonly [string, readonly string[]],
  { out, end }: Running,
): Promise<LinesResult> {
  const errors = tail(ERROR_BYTES);
  const streams = { stdin: null, stdout: untilEnd(takerOf(out), end), stderr: errors.take };
  const result = await attachUntil(end, attach, { app, command, ...streams }).then(
    (exitCode) => ({ exitCode, stderr: errors.text() }),
    (error: unknown) => ({ exitCode: null, stderr: wordsOf(error) }),
  );
  out.end();
  return result;
}

/** What is said after that goes nowhere: nobody may be there to take it. */
function untilEnd(take: Taker, end: AbortSignal): Taker {
  const ended = new Promise<void>((resolve) => {
    end.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
  return (piece) => {
    const taking = end.aborted ? null : take(piece);
    return taking && Promise.race([taking, ended]);
  };
}

function wordsOf(error: unknown): string {
  if (error instanceof ProblemError || error instanceof Error) return error.message;
  return String(error);
}

const NEWLINE = 10;

/** What is longer than a line may be is left out. */
async function* linesIn(pieces: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  let parts: Buffer[] = [];
  let size = 0;
  const line = () => {
    const text = size > LINE_BYTES ? null : Buffer.concat(parts).toString();
    [parts, size] = [[], 0];
    return text;
  };
  const add = (part: Buffer) => {
    size += part.length;
    if (size > LINE_BYTES) parts = [];
    else parts.push(part);
  };
  for await (const piece of pieces) {
    let from = 0;
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, from)) {
      add(piece.subarray(from, at));
      from = at + 1;
      const text = line();
      if (text !== null) yield text;
    }
    add(piece.subarray(from));
  }
  if (size > 0) {
    const text = line();
    if (text !== null) yield text;
  }
}
