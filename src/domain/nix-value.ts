import type { NixValue } from './manifest.js';

export type NixTable = { readonly [name: string]: NixValue };

/**
 * The number of a `Float`, else null. A table that has `float` as its only key is none: its number is a bigint
 * or a `Float`.
 */
export function floatOf(value: NixValue): number | null {
  if (!isTable(value)) return null;
  const [key, ...others] = Object.keys(value);
  const number = (value as NixTable)[key ?? ''];
  return key === 'float' && others.length === 0 && typeof number === 'number' ? number : null;
}

/** The options that a table sets: its leaves. Lists and empty tables are leaves. */
export function leavesOf(table: NixTable, path: readonly string[] = []): [path: string[], value: NixValue][] {
  return Object.entries(table).flatMap(([key, value]) => {
    const at = [...path, key];
    return isBranch(value) ? leavesOf(value, at) : [[at, value] as [string[], NixValue]];
  });
}

function isBranch(value: NixValue): value is NixTable {
  return isTable(value) && floatOf(value) === null && Object.keys(value).length > 0;
}

function isTable(value: NixValue): value is NixTable {
  return typeof value === 'object' && !Array.isArray(value);
}

/** Values as text, in TOML and in JSON. Strings, lists and numbers look the same in both. */

export function formatKey(key: string): string {
  return /^[\w-]+$/.test(key) ? key : formatString(key);
}

/** JSON that keeps what JavaScript's numbers do not tell apart: 1 and 1.0, and integers beyond 2^53. */
export function formatJson(value: NixValue, indent: string | null = null): string {
  const scalar = formatScalar(value);
  if (scalar !== null) return scalar;
  const inner = indent === null ? null : `${indent}  `;
  const [open, close, items] = isList(value)
    ? ['[', ']', value.map((one) => formatJson(one, inner))]
    : ['{', '}', Object.entries(value as NixTable).map((pair) => formatPair(pair, inner))];
  if (items.length === 0) return `${open}${close}`;
  return inner === null
    ? `${open}${items.join(',')}${close}`
    : `${open}\n${items.map((item) => `${inner}${item}`).join(',\n')}\n${indent ?? ''}${close}`;
}

function formatPair([key, value]: [string, NixValue], indent: string | null): string {
  return `${JSON.stringify(key)}:${indent === null ? '' : ' '}${formatJson(value, indent)}`;
}

/** Null for lists and tables. */
export function formatScalar(value: NixValue): string | null {
  const float = floatOf(value);
  if (float !== null) return formatFloat(float);
  if (typeof value === 'string') return formatString(value);
  return typeof value === 'object' ? null : String(value);
}

function formatFloat(value: number): string {
  const digits = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(digits) ? digits : `${digits}.0`;
}

/** TOML has JSON's escapes, and wants U+007F escaped as well. */
function formatString(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', String.raw`\u007f`);
}

export function isList(value: NixValue): value is readonly NixValue[] {
  return Array.isArray(value);
}
