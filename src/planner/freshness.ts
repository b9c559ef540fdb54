import { UNKNOWN, type Facets } from '../domain/facet.js';
import type { ActualApp } from '../domain/actual.js';
import type { DesiredApp } from '../domain/desired.js';
import { fieldsIn, isSame } from '../facets/facet.js';
import { builtFrom, FACETS } from '../facets/index.js';
import { lastGood } from './target.js';
import { withoutSecrets } from '../facets/secrets.js';
import { blockedIn } from './blocked.js';

/**
 * `current`: its system was made from what the manifest, `pets.lock` and the sources say now. `outdated`: they have
 * moved away from what was applied. `stale`: a run that was to change it has not ended, or what they say was tried,
 * did not work, and is held.
 */
export type Freshness = 'current' | 'outdated' | 'stale';

/**
 * How a pet's system stands to what is wanted; null: its sources could not be read. Ports, limits and the like are for
 * `diff`, and so are secrets.
 */
export function currencyOf(app: DesiredApp, there: ActualApp): Freshness | null {
  const { applied, state } = there;
  if (!applied || state !== 'ready') return 'stale';
  const wanted = builtFrom(app.facets);
  if (Object.values(wanted).some((facet) => Object.values(facet).includes(UNKNOWN))) return null;
  if (isHeld(app, there)) return 'stale';
  return isSameBuild(wanted, builtFrom(applied.facets)) ? 'current' : 'outdated';
}

/** Secrets are not read where this is asked. */
function isHeld(app: DesiredApp, there: ActualApp): boolean {
  const [last, { rejected, applied }] = [lastGood(there), there];
  if (!rejected || !applied || !last) return false;
  const tried = { ...rejected, facets: withoutSecrets(rejected.facets) };
  const serving = { ...applied, facets: withoutSecrets(applied.facets) };
  const bare = { ...there, rejected: tried, applied: serving };
  return blockedIn(withoutSecrets(app.facets), bare, last) !== null;
}

/** A field that is absent is its default, whoever recorded the other. */
function isSameBuild(a: Facets, b: Facets): boolean {
  return FACETS.every(([name]) => {
    const [now, then] = [a[name] ?? {}, b[name] ?? {}];
    return fieldsIn(now, then).every((field) => isSame(now, then, field));
  });
}
