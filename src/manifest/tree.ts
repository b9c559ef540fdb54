import type { KeyPath } from '../domain/problem.js';
import { type AST, TOO_DEEP } from './ast.js';
import { TomlDate, TomlFloat } from './text.js';

/** Deeper than any key of the schema; keeps recursion over hostile files short. */
const MAX_DEPTH = 64;

/** Where it matters that a float is none of the integers: there it is a `TomlFloat`. */
export type IsExact = (path: KeyPath) => boolean;
export type Refuse = (path: KeyPath, message: string) => void;
type Rules = { readonly isExact: IsExact; readonly refuse: Refuse };

type Table = Record<string, unknown>;

/**
 * The values of a tree as plain objects, arrays and scalars. The package's own `getStaticTOMLValue` writes into
 * prototypes where a key is called `__proto__`.
 */
export function valuesOf(top: AST.TOMLTopLevelTable, rules: Rules): Table {
  const root: Table = {};
  for (const node of top.body) {
    if (node.type === 'TOMLKeyValue') addPair(root, [], node, rules);
    else addTable(root, node, rules);
  }
  return root;
}

function addTable(root: Table, { resolvedKey, body }: AST.TOMLTable, rules: Rules): void {
  if (isTooDeep(resolvedKey, rules)) return;
  const table = tableAt(root, resolvedKey);
  for (const pair of body) addPair(table, resolvedKey, pair, rules);
}

function addPair(table: Table, above: KeyPath, { key, value }: AST.TOMLKeyValue, rules: Rules): void {
  const names = key.keys.map((step) => (step.type === 'TOMLBare' ? step.name : step.value));
  const path = [...above, ...names];
  if (!isTooDeep(path, rules))
    put(tableAt(table, names.slice(0, -1)), names.at(-1) ?? '', valueOf(value, path, rules));
}

function isTooDeep(path: KeyPath, { refuse }: Rules): boolean {
  if (path.length <= MAX_DEPTH) return false;
  refuse(path.slice(0, 2), TOO_DEEP);
  return true;
}

/** The table that a path leads to; what is not there yet is made, a list where the next step is a number. */
function tableAt(root: Table, path: KeyPath): Table {
  let at: Table | unknown[] = root;
  for (const [depth, step] of path.entries()) {
    const found = ownValue(at, step) ?? (typeof path[depth + 1] === 'number' ? [] : {});
    put(at, step, found);
    at = found as Table | unknown[];
  }
  return at as Table;
}

function ownValue(parent: object, key: string | number): unknown {
  return Object.hasOwn(parent, key) ? (parent as Table)[key] : undefined;
}

/** Defines rather than assigns, so that `__proto__` is a key like any other. */
function put(parent: object, key: string | number, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, writable: true, configurable: true });
}

function valueOf(node: AST.TOMLContentNode, path: KeyPath, rules: Rules): unknown {
  if (node.type === 'TOMLArray')
    return isTooDeep(path, rules) ? [] : node.elements.map((one, i) => valueOf(one, [...path, i], rules));
  if (node.type === 'TOMLInlineTable') {
    const table: Table = {};
    for (const pair of node.body) addPair(table, path, pair, rules);
    return table;
  }
  return scalarOf(node, path, rules);
}

function scalarOf(node: AST.TOMLValue, path: KeyPath, { isExact, refuse }: Rules): unknown {
  switch (node.kind) {
    case 'string':
    case 'boolean':
      return node.value;
    case 'float':
      // What is written as inf or nan is no number that Nix has; a number that is too large for one is another thing.
      return isExact(path) && !/inf|nan/.test(node.number) ? new TomlFloat(node.value) : node.value;
    case 'integer':
      // -0 is 0.
      if (Number.isSafeInteger(node.value)) return node.value || 0;
      if (BigInt.asIntN(64, node.bigint) !== node.bigint) refuse(path, 'the number is too large');
      return node.bigint;
    case 'offset-date-time':
    case 'local-date-time':
    case 'local-date':
    case 'local-time':
      return new TomlDate(node.datetime);
  }
}
