import * as v from 'valibot';
import type { Facet, Facets } from './facet.js';
import type { Health, Passthrough } from './manifest.js';
import { isStorePath, type StorePath } from './names.js';

/** What the values of records are made of, each read as far as it is what pets writes. */

export type Table = Readonly<Record<string, unknown>>;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const port = v.pipe(count, v.maxValue(65_535));

const health = v.looseObject({
  check: v.variant('kind', [
    v.looseObject({ kind: v.literal('http'), path: v.string(), status: v.array(count), port }),
    v.looseObject({ kind: v.literal('tcp'), port }),
    v.looseObject({ kind: v.literal('unit'), unit: v.string() }),
    v.looseObject({ kind: v.literal('command'), command: v.pipe(v.array(v.string()), v.minLength(1)) }),
    v.looseObject({ kind: v.literal('stable') }),
  ]),
  timeoutMs: count,
  intervalMs: count,
  successes: count,
});

/** How a recorded generation is told healthy; undefined: what stands there is not what pets writes. */
export function healthFrom(value: unknown): Health | null | undefined {
  if (value === null || value === undefined) return null;
  const result = v.safeParse(health, value);
  return result.success ? (result.output as unknown as Health) : undefined;
}

export function isSystem(value: unknown): value is StorePath {
  return typeof value === 'string' && isStorePath(value);
}

/** The number of a generation. */
export function isGeneration(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

/** As `toISOString` writes it, with or without a fraction of a second. */
export function isTime(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}

export function tableIn(text: string | undefined): Table | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return isTable(value) ? value : null;
  } catch {
    return null;
  }
}

export function facetsFrom(facets: Table): Facets {
  return mapTable(facets, facetFrom);
}

export function devicesFrom(value: unknown): Passthrough['devices'] {
  return Object.fromEntries(
    Object.entries(isTable(value) ? value : {}).map(([name, device]) => [name, stringsIn(device)]),
  );
}

export function stringsIn(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(isTable(value) ? value : {});
  return Object.fromEntries(entries.filter((e): e is [string, string] => typeof e[1] === 'string'));
}

/** Only what pets itself writes: whoever may edit the instance may have put anything there. */
export function facetFrom(value: unknown): Facet {
  return mapTable(isTable(value) ? value : {}, (field) => (typeof field === 'string' ? field : null));
}

/** `listen`, `publish.127.0.0.1:7700`: after the first dot a field's name is the manifest's. */
const FIELD_NAME = /^[a-z][a-z-]*(?:\.[^\p{Cc}]*)?$/u;

function mapTable<T>(table: Table, to: (value: unknown) => T): Record<string, T> {
  const entries = Object.entries(table).filter(([name]) => FIELD_NAME.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, to(value)]));
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
