/**
 * A path literal of Nix code. `from`: what of it is a constant.
 * exact: that file or folder; start: something in the folder before the last slash (`./hosts/${name}`,
 * `./a + "b"`).
 */
export type PathLiteral = { readonly from: string; readonly kind: 'exact' | 'start' };

// As Nix' lexer has them. A path needs a slash with something after it, or an interpolation.
const PATH = /[\w.+-]*(?:\/[\w.+-]+)+\/?|[\w.+-]*(?:\/[\w.+-]+)*\/(?=\$\{)/y;
const URI = /[A-Za-z][\w+.-]*:[\w%/?:@&=+$,.!~*'-]+/y;
const NAME = /[A-Za-z_][\w'-]*|\d+/y;
/** Space, comments, `//`, `<nixpkgs/nixos>`. */
const SKIPPED = /\s+|#[^\n\r]*|\/\*[^]*?(?:\*\/|$)|\/\/|<[\w.+-]+(?:\/[\w.+-]+)*>/y;
/** What is an interpolation's start in a string, and what only looks like one; then the end. */
const STRING_PART = /\\[^]|\$\$|\$\{|"/g;
const INDENTED_PART = /''\\[^]|''\$|'''|\$\$|\$\{|''/g;

/**
 * The path literals of a file, found by its tokens alone: also those in code that is never run, not those in
 * comments and strings. Absolute, home and search paths are left out: a pure evaluation cannot read them.
 */
export function pathLiterals(text: string): PathLiteral[] {
  const found: PathLiteral[] = [];
  code(text, 0, found);
  return found;
}

/** Reads code up to the brace that closes it, or the end; where it stopped. */
function code(text: string, start: number, found: PathLiteral[]): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    if (text[at] === '"') at = string(text, at + 1, STRING_PART, found);
    else if (two === "''") at = string(text, at + 2, INDENTED_PART, found);
    else if (text[at] === '{') {
      depth++;
      at++;
    } else if (text[at] === '}') {
      if (depth-- === 0) return at + 1;
      at++;
    } else at = token(text, at, found);
  }
  return at;
}

/** Reads a string, whose interpolations are code. */
function string(text: string, start: number, parts: RegExp, found: PathLiteral[]): number {
  let at = start;
  for (;;) {
    parts.lastIndex = at;
    const part = parts.exec(text);
    if (!part) return text.length;
    at = part.index + part[0].length;
    if (part[0] === '${') at = code(text, at, found);
    else if (part[0] === '"' || part[0] === "''") return at;
  }
}

function token(text: string, at: number, found: PathLiteral[]): number {
  const skipped = match(SKIPPED, text, at);
  if (skipped > 0) return at + skipped;
  const path = match(PATH, text, at);
  const other = Math.max(match(URI, text, at), match(NAME, text, at));
  if (path === 0 || other >= path) return at + Math.max(other, 1);
  const end = at + path;
  const from = text.slice(at, end);
  if (!from.startsWith('/')) found.push({ from, kind: isOpen(text, end) ? 'start' : 'exact' });
  return end;
}

const PLUS = /(?:\s|#[^\n\r]*|\/\*[^]*?\*\/)*\+(?!\+)/y;

/** More is added to the literal: by interpolation, or by `+`. */
function isOpen(text: string, end: number): boolean {
  return text.startsWith('${', end) || match(PLUS, text, end) > 0;
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}
