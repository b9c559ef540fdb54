import { quote } from '../lib/format.js';
import type { KeyPath } from '../domain/problem.js';

/** Line ends as \n and no byte order mark. */
export function normaliseText(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(/\r\n/g, '\n');
}

/** A value of the file in a message: quoted, on one line, no control characters, not too long. */
export function show(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (value instanceof TomlFloat) return String(value.value);
  if (value instanceof TomlDate) return value.toString();
  return Array.isArray(value) ? 'an array' : 'a table';
}

/** `apps.web.publish[0].port`, quoted where TOML would: `apps."a b"`. */
export function formatKeyPath(path: KeyPath): string {
  const steps = path.map((key) => {
    if (typeof key === 'number') return `[${key}]`;
    return `.${/^[\w-]+$/.test(key) ? key : quote(key)}`;
  });
  return steps.join('').replace(/^\./, '');
}

/** A float of TOML, where it matters that it is none of the integers. */
export class TomlFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A date, a time, or both, as it was written. */
export class TomlDate {
  readonly written: string;
  constructor(written: string) {
    this.written = written;
  }

  /** `the date 1979-05-27`. A fraction of a second can be of any length. */
  toString(): string {
    const what = /^\d\d:/.test(this.written) ? 'time' : 'date';
    return `the ${what} ${this.written.slice(0, 40)}`;
  }
}

/** A table of TOML: not an array, not a date. */
export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !(value instanceof TomlDate || value instanceof TomlFloat);
}
