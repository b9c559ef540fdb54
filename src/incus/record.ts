import type { Applied, Facet } from '../model.js';

/** A record that cannot be read is none: the next `up` finds out what is there and writes a new one. */
export function parseApplied(text: string | undefined): Applied | null {
  if (text === undefined) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (!isTable(value) || value['v'] !== 1 || !isTable(value['facets'])) return null;
    const { toplevel, generation } = value;
    if (typeof toplevel !== 'string' || typeof generation !== 'number') return null;
    return { v: 1, toplevel, generation, facets: mapTable(value['facets'], facetFrom) };
  } catch {
    return null;
  }
}

/** Only what pets itself writes: whoever may edit the instance may have put anything there. */
function facetFrom(value: unknown): Facet {
  return mapTable(isTable(value) ? value : {}, (field) => (typeof field === 'string' ? field : null));
}

/** `listen`, `publish.127.0.0.1:7700`: after the first dot a field's name is the manifest's. */
const FIELD_NAME = /^[a-z][a-z-]*(?:\.[^\p{Cc}]*)?$/u;

function mapTable<T>(table: Readonly<Record<string, unknown>>, to: (value: unknown) => T): Record<string, T> {
  const entries = Object.entries(table).filter(([name]) => FIELD_NAME.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, to(value)]));
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
