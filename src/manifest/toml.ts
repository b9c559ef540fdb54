import type { NixValue } from '../domain/manifest.js';
import { floatOf, type NixTable } from './keys/nixos.js';

/** Values as text, in TOML and in JSON. Strings, lists and numbers look the same in both. */

export function formatKey(key: string): string {
  return /^[\w-]+$/.test(key) ? key : formatString(key);
}

/** In one line, as TOML has it. */
export function formatValue(value: NixValue): string {
  if (isList(value)) return `[${value.map(formatValue).join(', ')}]`;
  const scalar = formatScalar(value);
  if (scalar !== null) return scalar;
  const pairs = Object.entries(value as NixTable).map(
    ([key, one]) => `${formatKey(key)} = ${formatValue(one)}`,
  );
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
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
function formatScalar(value: NixValue): string | null {
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

function isList(value: NixValue): value is readonly NixValue[] {
  return Array.isArray(value);
}
