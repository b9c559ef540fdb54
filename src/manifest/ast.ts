import { type AST, parseTOML } from 'toml-eslint-parser';
import { piecesOf } from './pieces.js';

export type { AST };

/** What the parser says is wrong, and where, as an index of the text. */
export type Failure = { readonly message: string; readonly index: number };

/** Line ends are \n, and there is no byte order mark: `normaliseText`. */
export function parseTree(source: string): AST.TOMLTopLevelTable | Failure {
  try {
    return parseTOML(source, { tomlVersion: '1.1' }).body[0];
  } catch (thrown) {
    if (thrown instanceof RangeError) return tooMuch(source);
    const { message, index } = thrown as { message?: unknown; index?: unknown };
    return { message: String(message), index: typeof index === 'number' ? index : 0 };
  }
}

export function isFailure(tree: AST.TOMLTopLevelTable | Failure): tree is Failure {
  return 'message' in tree;
}

export const TOO_DEEP = 'nested too deeply';
export const TOO_LONG = 'a text, a key or a number of more than 100,000 characters';
const MOST = { depth: 1000, length: 100_000 };

/** The parser's stack was not enough: for the brackets, or for the characters of one token. */
function tooMuch(source: string): Failure {
  let depth = 0;
  for (const { index, text } of piecesOf(source)) {
    if (/^["']/.test(text) && text.length > MOST.length) return { message: TOO_LONG, index };
    if (/^["'#]/.test(text)) continue;
    for (const { 0: bracket, index: at } of text.matchAll(/[[{\]}]/g)) {
      depth += bracket === '[' || bracket === '{' ? 1 : -1;
      if (depth > MOST.depth) return { message: TOO_DEEP, index: index + at };
    }
  }
  const long = /[\w-]{100000}/.exec(source);
  return { message: long ? TOO_LONG : TOO_DEEP, index: long?.index ?? 0 };
}
