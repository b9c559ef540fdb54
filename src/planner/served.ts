import type { ActualApp } from '../domain/actual.js';

/**
 * Where the app was reached when it was last whole, and is not now: the proxy device is gone, or leads elsewhere.
 * What was not applied yet is missing nowhere.
 */
export function missingExposures({ applied, facets }: Pick<ActualApp, 'applied' | 'facets'>): string[] {
  const { exposure: seen = {} } = facets;
  return Object.entries(applied?.facets.exposure ?? {}).flatMap(([field, was]) => {
    if (was === null) return [];
    if (field !== 'listen') return seen[field] === was ? [] : [field.replace('publish.', '')];
    // Before one is taken away another may be there as well.
    return seen['listen']?.split(', ').includes(was) === true ? [] : [was];
  });
}

/** Why an app is not reached as it was when it was last whole, in a few words; null: it is, as far as can be seen. */
export function unreachedWords(app: Pick<ActualApp, 'applied' | 'facets'>): string | null {
  const missing = missingExposures(app);
  if (missing.length > 0) return `not exposed at ${missing.join(', ')}`;
  return app.facets.exposure?.['forwarder'] === 'dead' ? 'not listening' : null;
}
