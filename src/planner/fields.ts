import type { Facets } from '../domain/facet.js';
import type { Fields } from '../domain/saved-plan.js';

/** `exposure.listen`: facets as fields of one table. */
export function facetFields(facets: Facets, prefix = ''): Fields {
  return Object.fromEntries(
    Object.entries(facets).flatMap(([facet, fields]) =>
      Object.entries(fields).map(([field, value]) => [`${prefix}${facet}.${field}`, value] as const),
    ),
  );
}

/** One field for each of these. */
export function each<T>(items: readonly T[], fieldOf: (item: T) => readonly [string, string | null]): Fields {
  return Object.fromEntries(items.map(fieldOf));
}

/** Null: it is empty. */
export function listed(items: readonly string[]): string | null {
  return items.length === 0 ? null : items.join(' ');
}
