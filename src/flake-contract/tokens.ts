/**
 * A token of Nix code; comments and space are none. A string is one token, with all that is interpolated in it.
 * `symbol`: an operator or a bracket; `${` is one. `value`: a string, a number, a path, a URI.
 */
export type Token = {
  readonly kind: 'name' | 'value' | 'symbol';
  readonly text: string;
  readonly start: number;
  readonly end: number;
};

/** Code that is not understood: whoever asked for it must do without. */
export class NotUnderstood extends Error {
  /** Where in the text. */
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.name = 'NotUnderstood';
    this.at = at;
  }
}

/** Of a place in a text, from 1. */
export function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

// As Nix' lexer has them; of those that fit the longest counts, of equally long ones the first.
const SPACE = /(?:\s+|#[^\n\r]*|\/\*[^]*?\*\/)+/y;
const KINDS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['name', /[A-Za-z_][\w'-]*/y],
  ['value', /~?[\w.+-]*(?:\/[\w.+-]+)+\/?|~?[\w.+-]*(?:\/[\w.+-]+)*\/(?=\$\{)/y],
  ['value', /<[\w.+-]+(?:\/[\w.+-]+)*>/y],
  ['value', /[A-Za-z][A-Za-z\d+.-]*:[\w%/?:@&=+$,.!~*'-]+/y],
  ['value', /(?:\d+(?:\.\d*)?|\.\d+)(?:[Ee][+-]?\d+)?/y],
  ['symbol', /\.\.\.|\$\{|\/\/|\+\+|->|==|!=|<=|>=|&&|\|\||\|>|<\||[{}()[\];:,.@?=+*/<>!-]/y],
];
/** What ends a part of a string, and what only looks like it. */
const QUOTED = /\\[^]|\$\$|\$\{|"/g;
const INDENTED = /''\\[^]|''\$|'''|\$\$|\$\{|''/g;

/** All tokens of a text. Throws NotUnderstood. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = skipSpace(text, 0); at < text.length;) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at = skipSpace(text, token.end);
  }
  return tokens;
}

function skipSpace(text: string, at: number): number {
  return at + matchLength(SPACE, text, at);
}

function tokenAt(text: string, at: number): Token {
  const opened = text[at] === '"' ? QUOTED : text.startsWith("''", at) ? INDENTED : null;
  if (opened) {
    const end = endOfString(text, at + (opened === QUOTED ? 1 : 2), opened);
    return { kind: 'value', text: text.slice(at, end), start: at, end };
  }
  let [kind, length]: [Token['kind'], number] = ['symbol', 0];
  for (const [other, pattern] of KINDS) {
    const fits = matchLength(pattern, text, at);
    if (fits > length) [kind, length] = [other, fits];
  }
  if (length === 0) throw new NotUnderstood('a character that is no Nix code', at);
  return { kind, text: text.slice(at, at + length), start: at, end: at + length };
}

function endOfString(text: string, start: number, parts: RegExp): number {
  for (let at = start; ;) {
    // The pattern is used again inside of an interpolation.
    parts.lastIndex = at;
    const part = parts.exec(text);
    if (!part) throw new NotUnderstood('a string that does not end', start);
    at = part.index + part[0].length;
    if (part[0] === '${') at = endOfInterpolation(text, at);
    else if (part[0] === '"' || part[0] === "''") return at;
  }
}

/** Behind the brace that closes it. */
function endOfInterpolation(text: string, start: number): number {
  let depth = 0;
  for (let at = skipSpace(text, start); at < text.length;) {
    const token = tokenAt(text, at);
    if (token.kind === 'symbol' && (token.text === '{' || token.text === '${')) depth++;
    if (token.kind === 'symbol' && token.text === '}' && depth-- === 0) return token.end;
    at = skipSpace(text, token.end);
  }
  throw new NotUnderstood('an interpolation that does not end', start);
}

function matchLength(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** `a.b.c`; null where it is anything else. */
export function plainPath(tokens: readonly Token[]): string[] | null {
  const isPlain = tokens.every(({ kind, text }, i) => (i % 2 === 0 ? kind === 'name' : text === '.'));
  return isPlain ? tokens.filter(({ kind }) => kind === 'name').map(({ text }) => text) : null;
}
