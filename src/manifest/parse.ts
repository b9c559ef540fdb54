import TomlParser from '@iarna/toml/lib/toml-parser.js';
import type { KeyPath, Problem } from '../problem.js';
import { locatePosition, locatorOf, syntaxErrorAt } from './locate.js';
import { syntaxMessage } from './syntax.js';
import { formatKeyPath, isTable, normaliseText, TomlFloat } from './text.js';

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
  readonly #source: string;
  /** Where the innermost value that it has come to begins, and as an index of the source. */
  valueStart: Position = { line: 0, column: 0 };
  #valueIndex = 0;

  constructor(source: string) {
    super();
    this.#source = source;
  }

  get position(): Position {
    return { line: this.line, column: this.line === 0 ? this.col - 1 : this.col };
  }

  protected override parseValue(): unknown {
    this.valueStart = this.position;
    this.#valueIndex = this.ii;
    return super.parseValue();
  }
  protected override recordAssignValue(value: unknown): unknown {
    return super.recordAssignValue(this.#exact(value));
  }
  protected override recordInlineListValue(value: unknown): unknown {
    return super.recordInlineListValue(this.#exact(value));
  }
  /** The library goes on behind the line's end after a time of day. No key takes one. */
  protected parseOnlyTimeFractionMaybe(): never {
    throw new Error('a time of day');
  }
  /** Numbers come boxed. Those that a JavaScript number would change are read from the text again. */
  #exact(value: unknown): unknown {
    if (!isBoxed(value)) return value;
    const written = this.#source.slice(this.#valueIndex, this.ii).replaceAll('_', '');
    if (/^[+-]?(?:\d+$|0[xob])/.test(written))
      return typeof value.valueOf() === 'bigint' ? BigInt(written) : value;
    return new TomlFloat(Number(written));
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

/** An Integer or a Float of the library: `Number`, or its own kind of box around a bigint. */
function isBoxed(value: unknown): value is object {
  return value instanceof Number || (value instanceof Object && typeof value.valueOf() === 'bigint');
}

/** Where numbers are kept as they are: floats as `TomlFloat`, large integers as bigint. */
export type IsExact = (path: KeyPath) => boolean;

/** TOML as plain objects, arrays, strings, numbers, booleans and dates. Never throws. */
export function parseToml(text: string, file: string, isExact: IsExact = () => false): ParsedToml {
  const source = normaliseText(text);
  const broken = /\p{Surrogate}/u.exec(source);
  if (broken)
    return invalid(source, file, positionOf(source, broken.index), { message: 'not valid Unicode' });
  const parser = new MarkedKeysParser(source);
  let marked: unknown;
  try {
    parser.parse(source);
    marked = parser.finish();
  } catch (thrown) {
    return syntaxError(thrown instanceof Error ? thrown.message : '', source, file, parser);
  }
  return checkedValues(marked, source, file, isExact);
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

function checkedValues(marked: unknown, source: string, file: string, isExact: IsExact): ParsedToml {
  const refused: { path: KeyPath; message: string }[] = [];
  const refuse: Refuse = (path, message) => refused.push({ path, message });
  const table = plain(marked, [], { refuse, isExact });
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
type Rules = { readonly refuse: Refuse; readonly isExact: IsExact };

/**
 * Without marks. `Object.fromEntries` defines keys rather than assigning them, so that `__proto__` is a key like
 * any other.
 */
function plain(value: unknown, path: KeyPath, rules: Rules): unknown {
  const { refuse, isExact } = rules;
  if (path.length > MAX_DEPTH) refuse(path.slice(0, 2), 'nested too deeply');
  else if (typeof value === 'bigint') return integer(value, path, rules);
  else if (value instanceof TomlFloat) return isExact(path) ? value : value.value;
  else if (Array.isArray(value)) return value.map((element, i) => plain(element, [...path, i], rules));
  else if (isTable(value)) {
    const entries = Object.entries(value).map(([marked, one]) => {
      const key = marked.slice(1);
      return [key, plain(one, [...path, key], rules)];
    });
    return Object.fromEntries(entries);
  } else return value;
  return undefined;
}

/** One beyond 2^53. TOML's own have 64 bits. */
function integer(value: bigint, path: KeyPath, { refuse, isExact }: Rules): bigint | undefined {
  if (isExact(path) && BigInt.asIntN(64, value) === value) return value;
  refuse(path, 'the number is too large');
  return undefined;
}
