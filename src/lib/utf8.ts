import { isUtf8 } from 'node:buffer';
import { EXIT, ProblemError } from '../domain/problem.js';

/** The text of UTF-8 bytes, a byte order mark included; anything else is a ProblemError that says where. */
export function textFrom(bytes: Uint8Array, shown: string): string {
  const options = { fatal: true, ignoreBOM: true };
  if (isUtf8(bytes)) return new TextDecoder('utf-8', options).decode(bytes);
  const before = decoded(bytes.subarray(0, firstBad(bytes)));
  const lines = before.split('\n');
  const place = { file: shown, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  throw new ProblemError({ message: 'not valid UTF-8', place, hint: 'save it as UTF-8' }, EXIT.manifest);
}

/** The index of the first byte that belongs to no character: where the longest good beginning ends. */
function firstBad(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let end = 0;
  for (let at = 0; at < bytes.length; at++) {
    try {
      // Nothing comes out of it before a character is whole.
      if (decoder.decode(bytes.subarray(at, at + 1), { stream: true }) !== '') end = at + 1;
    } catch {
      return end;
    }
  }
  return end;
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes);
}
