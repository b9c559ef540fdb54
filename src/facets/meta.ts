import { INCUS_PET } from '../domain/labels.js';
import { DEFAULT_GRACE_MS } from '../domain/stop-timeout.js';
import type { Facets } from '../domain/facet.js';
import type { Change } from '../domain/plan.js';
import { formatDuration, parseDuration } from '../lib/format.js';
import { drift, movedWords, type Difference, type FacetDefinition } from './facet.js';

/** What is only remembered: how the flake is written, and what the next stop or upgrade goes by. */
export const meta: FacetDefinition = {
  wanted: ({ app: { source, volumes, stateful, stopTimeout } }) => ({
    'flake-ref': source.kind === 'flake' ? source.ref.written : null,
    // These where they are not what they are by default.
    ...(stateful !== volumes.length > 0 && { stateful: String(stateful) }),
    ...graceField(stopTimeout),
  }),
  seen: ({ instance }) => ({ 'flake-ref': instance.config[INCUS_PET.flakeRef] ?? null }),
  faults: ({ name }, there) => [
    ...(there.applied && there.state !== 'ready' ? [drift('state', there.state, 'ready')] : []),
    ...unwantedName(name, there),
  ],
  faultTurn: 0,
  changedBy: [{ verb: 'metadata', by: ['record'] }],
  partOf: (field) => (OF_SYSTEM.has(field) ? 'origin' : 'free'),
  causeOf: (change) => movedWords(`meta ${change.field}`, change),
};

/** What says where the system is from. */
const OF_SYSTEM: ReadonlySet<string> = new Set(['flake-ref', 'nixpkgs']);

/** A rename that was begun and is not wanted any more: its mark would claim what another app has by then. */
function unwantedName(
  name: string,
  there: { readonly name: string; readonly renamingTo: string | null },
): Difference[] {
  return there.renamingTo !== null && there.name === name ? [drift('becoming', there.renamingTo, null)] : [];
}

/** The field that has how long a stop may take, where it is not the default. */
const GRACE = 'stop-timeout';

export function graceField(graceMs: number): Readonly<Record<string, string>> {
  return graceMs === DEFAULT_GRACE_MS ? {} : { [GRACE]: formatDuration(graceMs) };
}

/** As it was last applied: for an app of which no manifest says anything any more. */
export function graceIn(facets: Facets | undefined): number {
  return parseDuration(facets?.meta?.[GRACE] ?? '') ?? DEFAULT_GRACE_MS;
}

/** The flake as it was written; null: it is from none, or not known. */
export function flakeRefIn(facets: Facets | undefined): string | null {
  return facets?.meta?.['flake-ref'] ?? null;
}

/** The field that has the nixpkgs of what was deployed with one of its own: no file says it. */
const NIXPKGS = 'nixpkgs';

export function nixpkgsIn(facets: Facets | undefined): string | null {
  return facets?.meta?.[NIXPKGS] ?? null;
}

export function withNixpkgs(facets: Facets, nixpkgs: string): Facets {
  return { ...facets, meta: { ...facets.meta, [NIXPKGS]: nixpkgs } };
}

export function withoutNixpkgs(facets: Facets): Facets {
  const fields = Object.entries(facets.meta ?? {}).filter(([field]) => field !== NIXPKGS);
  return { ...facets, meta: Object.fromEntries(fields) };
}

export function renameChange(from: string, to: string): Change {
  return { facet: 'meta', field: 'name', kind: 'changed', from, to };
}
