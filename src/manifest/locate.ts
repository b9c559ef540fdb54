import type { KeyPath, Problem } from '../domain/problem.js';
import type { AST } from './ast.js';

export type Located = Pick<Problem, 'place' | 'excerpt'>;
/** Columns: a line as long as a megabyte is cut, or not shown. */
const MAX_EXCERPT = 160;

/** 0-based half-open columns of a 1-based line; `end` may be lines below. */
type Span = AST.SourceLocation;
type Entry = { key?: Span | undefined; value?: Span; readonly children: Map<string | number, Entry> };

/** Finds keys and values in a file's text. The tree is indexed at the first question, not before. */
export type Locator = (path: KeyPath, at?: 'key' | 'value') => Located;

/** `source`: the text that the tree was made from. */
export function locatorIn(tree: AST.TOMLTopLevelTable, source: string, file: string): Locator {
  let lines: readonly string[] | undefined;
  let root: Entry | undefined;
  return (path, at = 'value') => {
    root ??= indexOf(tree);
    const span = nearest(root, path, at);
    if (!span) return { place: { file, line: 1, column: 1 } };
    lines ??= source.split('\n');
    return locatedAt(lines, file, span);
  };
}

/** A place in the text by 0-based line and column, as a `Problem` has it. */
export function locatePosition(text: string, file: string, line: number, column: number): Located {
  const position = { line: line + 1, column };
  return locatedAt(text.split('\n'), file, { start: position, end: position });
}

function nearest(root: Entry, path: KeyPath, at: 'key' | 'value'): Span | undefined {
  let entry = root;
  let found: Span | undefined;
  for (const [depth, key] of path.entries()) {
    const child = entry.children.get(key);
    if (!child) return found;
    const last = depth === path.length - 1;
    found = (last && at === 'value' ? child.value : child.key) ?? child.key ?? child.value ?? found;
    entry = child;
  }
  return found;
}

function indexOf(tree: AST.TOMLTopLevelTable): Entry {
  const root: Entry = { children: new Map() };
  for (const node of tree.body) {
    if (node.type === 'TOMLKeyValue') addPair(root, node);
    else addTable(root, node);
  }
  return root;
}

function addTable(root: Entry, table: AST.TOMLTable): void {
  const keys = [...table.key.keys];
  let entry = root;
  for (const step of table.resolvedKey) {
    entry = childOf(entry, step);
    // An index of `[[…]]` has no key of its own.
    const written = typeof step === 'string' ? keys.shift() : table.key;
    entry.key ??= written?.loc;
  }
  for (const pair of table.body) addPair(entry, pair);
}

function addPair(parent: Entry, pair: AST.TOMLKeyValue): void {
  let entry = parent;
  for (const key of pair.key.keys) {
    entry = childOf(entry, key.type === 'TOMLBare' ? key.name : key.value);
    entry.key ??= key.loc;
  }
  addValue(entry, pair.value);
}

function addValue(entry: Entry, value: AST.TOMLContentNode): void {
  entry.value ??= value.loc;
  if (value.type === 'TOMLInlineTable') for (const pair of value.body) addPair(entry, pair);
  if (value.type === 'TOMLArray')
    value.elements.forEach((element, i) => {
      addValue(childOf(entry, i), element);
    });
}

function childOf(entry: Entry, key: string | number): Entry {
  const child = entry.children.get(key) ?? { children: new Map<string | number, Entry>() };
  entry.children.set(key, child);
  return child;
}

function locatedAt(lines: readonly string[], file: string, { start, end }: Span): Located {
  const line = lines[start.line - 1] ?? '';
  const from = Math.min(start.column, line.length);
  const to = Math.min(end.line === start.line ? end.column : line.length, from + MAX_EXCERPT, line.length);
  const place = { file, line: start.line, column: from + 1 };
  if (from > MAX_EXCERPT) return { place };
  // A source line may hold what no terminal should be sent.
  const text = line.slice(0, from + MAX_EXCERPT).replace(/[^\P{Cc}\t]/gu, '\uFFFD');
  return { place, excerpt: { text, width: Math.max(1, to - from) } };
}
