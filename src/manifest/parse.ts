import type { KeyPath, Problem } from '../domain/problem.js';
import { isFailure, parseTree } from './ast.js';
import { type Locator, locatePosition, locatorIn } from './locate.js';
import { syntaxProblem } from './syntax.js';
import { formatKeyPath, normaliseText } from './text.js';
import { type IsExact, valuesOf } from './tree.js';

export type ParsedToml =
  | { readonly ok: true; readonly table: unknown; readonly locate: Locator }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * TOML 1.1, of which 1.0 is a part, as plain objects, arrays, strings, numbers and booleans; integers beyond 2^53 are
 * bigints, dates and times `TomlDate`. Never throws.
 */
export function parseToml(text: string, file: string, isExact: IsExact = () => false): ParsedToml {
  const source = normaliseText(text);
  const flaw = characterFlaw(source);
  if (flaw) return invalid(source, file, flaw);
  const tree = parseTree(source);
  if (isFailure(tree)) return invalid(source, file, syntaxProblem(source, tree));
  const locate = locatorIn(tree, source, file);
  const refused: { path: KeyPath; message: string }[] = [];
  const table = valuesOf(tree, { isExact, refuse: (path, message) => refused.push({ path, message }) });
  if (refused.length === 0) return { ok: true, table, locate };
  const problems = refused.map(({ path, message }) => ({
    code: 'manifest-value' as const,
    message: `${formatKeyPath(path)}: ${message}`,
    path,
    ...locate(path),
  }));
  return { ok: false, problems };
}

type Flaw = Pick<Problem, 'message' | 'hint'> & { readonly index: number };

/** What the parser lets pass: half a character, and a carriage return that ends no line. */
function characterFlaw(source: string): Flaw | null {
  const found = /\p{Surrogate}|\r/u.exec(source);
  if (!found) return null;
  const { index } = found;
  if (found[0] !== '\r') return { index, message: 'not valid Unicode' };
  return {
    index,
    message: 'a carriage return (U+000D) without a line feed after it',
    hint: 'lines end with \\n or \\r\\n',
  };
}

function invalid(source: string, file: string, { index, ...problem }: Flaw): ParsedToml {
  const before = source.slice(0, index).split('\n');
  const at = locatePosition(source, file, before.length - 1, before.at(-1)?.length ?? 0);
  return { ok: false, problems: [{ code: 'manifest-syntax', ...problem, ...at }] };
}
