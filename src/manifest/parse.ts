import TomlParser from '@iarna/toml/lib/toml-parser.js';
import type { KeyPath, Problem } from '../problem.js';
import { locatePosition, locatorOf, syntaxErrorAt } from './locate.js';
import { syntaxMessage } from './syntax.js';
import { formatKeyPath, isTable, normaliseText } from './text.js';

export type ParsedToml =
  | { readonly ok: true; readonly table: unknown }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Deeper than any key of the schema; keeps recursion over hostile files short. */
const MAX_DEPTH = 64;

/** 0-based. */
type Position = { readonly line: number; readonly column: number };

/**
 * The library looks keys up with `table[key] || new Table()`: `[apps.constructor]` would write into the global `Object`,
 * and `[apps.toString]` into its method. With a mark before each key no name is an inherited one;
 * `withoutMarks` takes it off again.
 */
class MarkedKeysParser extends TomlParser {
  /** Where the innermost value that it has come to begins. */
  valueStart: Position = { line: 0, column: 0 };

  get position(): Position {
    return { line: this.line, column: this.line === 0 ? this.col - 1 : this.col };
  }

  protected override parseValue(): unknown {
    this.valueStart = this.position;
    return super.parseValue();
  }
  protected override recordAssignKeyword(key: string): unknown {
    return super.recordAssignKeyword(`.${key}`);
  }
  protected override parseTableMore(key: string): unknown {
    return super.parseTableMore(`.${key}`);
  }
  protected override parseListMore(key: string): unknown {
    return super.parseListMore(`.${key}`);
  }
}

/** TOML as plain objects, arrays, strings, numbers, booleans and dates. Never throws. */
export function parseToml(text: string, file: string): ParsedToml {
  const source = normaliseText(text);
  const broken = /\p{Surrogate}/u.exec(source);
  if (broken)
    return invalid(source, file, positionOf(source, broken.index), { message: 'not valid Unicode' });
  const parser = new MarkedKeysParser();
  let marked: unknown;
  try {
    parser.parse(source);
    marked = parser.finish();
  } catch (thrown) {
    return syntaxError(thrown instanceof Error ? thrown.message : '', source, file, parser);
  }
  return checkedValues(marked, source, file);
}

/** A bad date is thrown as a bare TypeError: the positions are the parser's own, not the error's. */
function syntaxError(
  libraryMessage: string,
  source: string,
  file: string,
  parser: MarkedKeysParser,
): ParsedToml {
  const lines = source.split('\n');
  const { line, column } = parser.position;
  const rest = lines[line]?.slice(column) ?? '';
  const endsLine = rest === '' && line < lines.length - 1;
  const { at, ...problem } = syntaxMessage(libraryMessage, endsLine ? '\n' : rest);
  if (at === 'value') return invalid(source, file, parser.valueStart, problem);
  const keyAt = at === 'key' ? syntaxErrorAt(source) : null;
  return invalid(source, file, keyAt ?? { line, column }, problem);
}

function invalid(source: string, file: string, { line, column }: Position, problem: Problem): ParsedToml {
  return { ok: false, problems: [{ ...problem, ...locatePosition(source, file, line, column) }] };
}

function positionOf(source: string, index: number): Position {
  const before = source.slice(0, index).split('\n');
  return { line: before.length - 1, column: before.at(-1)?.length ?? 0 };
}

function checkedValues(marked: unknown, source: string, file: string): ParsedToml {
  const refused: { path: KeyPath; message: string }[] = [];
  const table = withoutMarks(marked, [], (path, message) => refused.push({ path, message }));
  if (refused.length === 0) return { ok: true, table };
  const locate = locatorOf(source, file);
  const problems = refused.map(({ path, message }) => ({
    message: `${formatKeyPath(path)}: ${message}`,
    path,
    ...locate(path),
  }));
  return { ok: false, problems };
}

type Refuse = (path: KeyPath, message: string) => void;

/** `Object.fromEntries` defines keys rather than assigning them, so that `__proto__` is a key like any other. */
function withoutMarks(value: unknown, path: KeyPath, refuse: Refuse): unknown {
  if (path.length > MAX_DEPTH) refuse(path.slice(0, 2), 'nested too deeply');
  // Beyond 2^53 the library gives a BigInt, and beyond 2^63 a wrapped one: not even the number can be shown.
  else if (typeof value === 'bigint') refuse(path, 'the number is too large');
  else if (Array.isArray(value))
    return value.map((element, i) => withoutMarks(element, [...path, i], refuse));
  else if (isTable(value))
    return Object.fromEntries(Object.entries(value).map((entry) => unmarked(entry, path, refuse)));
  else return value;
  return undefined;
}

function unmarked([marked, value]: [string, unknown], path: KeyPath, refuse: Refuse): [string, unknown] {
  const key = marked.slice(1);
  return [key, withoutMarks(value, [...path, key], refuse)];
}
