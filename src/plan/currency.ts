import equal from 'fast-deep-equal';
import type { ActualApp, DesiredApp, Facet } from '../model.js';
import { withoutSecrets } from './goal.js';

/**
 * `current`: its system was made from what the manifest, `pets.lock` and the sources say now. `outdated`: they have
 * moved away from what was applied. `stale`: a run that was to change it has not ended, or what they say was tried,
 * did not work, and is held.
 */
export type Currency = 'current' | 'outdated' | 'stale';

/** How a pet's system stands to what is wanted. Ports, limits and the like are for `diff`, and so are secrets. */
export function currencyOf(app: DesiredApp, { applied, state, condemned }: ActualApp): Currency {
  if (!applied || state !== 'ready') return 'stale';
  const wanted = withoutSecrets(app.facets);
  const isHeld = condemned !== null && equal(withoutSecrets(condemned.facets), wanted);
  if (isHeld && !equal(withoutSecrets(applied.facets), wanted)) return 'stale';
  return isSame(app.facets.system, applied.facets.system) ? 'current' : 'outdated';
}

/** A field that is absent is its default, whoever recorded the other. */
function isSame(a: Facet = {}, b: Facet = {}): boolean {
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...fields].every((field) => (a[field] ?? null) === (b[field] ?? null));
}
