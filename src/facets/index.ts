import type { Facet, FacetName, Facets } from '../domain/facet.js';
import type { ManifestApp } from '../domain/manifest.js';
import type { Change } from '../domain/plan.js';
import { container } from './container.js';
import { exposure } from './exposure.js';
import type { FacetDefinition, Said, Seen } from './facet.js';
import { health } from './health.js';
import { limits } from './limits.js';
import { meta } from './meta.js';
import { power } from './power.js';
import { secrets } from './secrets.js';
import { storage } from './storage.js';
import { system } from './system.js';

/** Every facet, in the order in which a person is told of their changes. */
const DEFINITIONS: Readonly<Record<FacetName, FacetDefinition>> = {
  power,
  system,
  exposure,
  storage,
  limits,
  secrets,
  health,
  container,
  meta,
};

export const FACETS = Object.entries(DEFINITIONS) as readonly (readonly [FacetName, FacetDefinition])[];

/** A record of a newer release may have facets that this one does not know. */
const FOREIGN: FacetDefinition = { wanted: () => null, changedBy: [] };

export function facetOf(name: FacetName): FacetDefinition {
  return Object.hasOwn(DEFINITIONS, name) ? DEFINITIONS[name] : FOREIGN;
}

/** What is compared: the same text exactly when the same is meant. */
export function wantedFacets(said: Said): Facets {
  return present((facet) => facet.wanted(said));
}

/** What can be seen of each facet. */
export function seenFacets(seen: Seen): Facets {
  return present((facet) => facet.seen?.(seen) ?? null);
}

function present(fieldsOf: (facet: FacetDefinition) => Facet | null): Facets {
  const all = FACETS.map(([name, facet]) => [name, fieldsOf(facet)] as const);
  return Object.fromEntries(all.filter(([, fields]) => fields !== null));
}

/** The config keys of an instance that come from the manifest. */
export function configOf(app: ManifestApp): Readonly<Record<string, string>> {
  const all = FACETS.map(([, facet]) => facet.configOf?.(app) ?? {});
  return Object.assign({}, ...all) as Readonly<Record<string, string>>;
}

/** Whether a change asks for another system, or for another look whether it is healthy. */
export function asks({ facet }: Change, what: FacetDefinition['asks']): boolean {
  return facetOf(facet).asks === what;
}

/** The parts of what was applied, or is wanted, that a system is made of. */
export function builtFrom(facets: Facets): Facets {
  return Object.fromEntries(
    FACETS.flatMap(([name, { asks: what }]) => (what === 'build' ? [[name, facets[name] ?? {}]] : [])),
  );
}
