import { capabilitiesOf } from '../domain/store-mode.js';
import type { ActualApp } from '../domain/actual.js';
import type { Source } from '../domain/desired.js';
import { UNKNOWN, type Facet, type Facets } from '../domain/facet.js';
import type { FlakeRef, Locked } from '../domain/manifest.js';
import { formatJson, formatKey, leavesOf, type NixTable } from '../domain/nix-value.js';
import type { Change } from '../domain/plan.js';
import { drift, fields, type Difference, type FacetDefinition, type WayBack } from './facet.js';

/** The operations by which another system boots. */
const SETS = ['set-profile', 'return'] as const;

const PROFILE_BACK: WayBack = {
  undoes: SETS,
  turn: 'boot',
  stepsOf: ({ store, last: { generation, toplevel }, due, cause }) => {
    const rescues = due.isResumed ? due.stopped : due.from(...SETS);
    return [{ action: { kind: 'return', store, generation, toplevel }, cause, rescues }];
  },
};

/** What runs in the guest, by what it is made of. */
export const system: FacetDefinition = {
  wanted: ({ wanted: { name, nixos, platform }, identities: { source, nixpkgs, modules } }) => ({
    // The guest's host name.
    name,
    source,
    ...(nixpkgs !== null && { nixpkgs }),
    platform,
    ...(modules.length > 0 && { modules: modules.includes(UNKNOWN) ? UNKNOWN : modules.join(' ') }),
    ...fields('nixos', optionsIn(nixos)),
  }),
  // In a store of the guest's own it is not for the host to see.
  seen: ({ store, profile }) => (capabilitiesOf(store).hasHostProfile ? { toplevel: profile ?? null } : {}),
  faults: (_, there, changes) => (changes.length > 0 ? [] : otherProfile(there)),
  faultTurn: 1,
  asks: 'build',
  changedBy: [{ verb: 'rebuild', by: ['build'] }],
  back: [PROFILE_BACK],
  causeOf: ({ kind, field }) => (kind === 'drifted' ? `system ${field} drifted` : `${field} changed`),
  isPlain: (field) => field === 'platform' || field === 'name',
  changedWhere,
};

/** `services."a b".port`. A record is read back with no control characters in its fields' names: C1's are escaped too. */
function optionsIn(nixos: NixTable): (readonly [string, string])[] {
  return leavesOf(nixos).map(([path, value]) => {
    const name = path.map(formatKey).join('.');
    return [name.replace(/[\u0080-\u009f]/g, escapeControl), formatJson(value)] as const;
  });
}

function escapeControl(control: string): string {
  return String.raw`\u00${control.charCodeAt(0).toString(16)}`;
}

/** A profile that is ahead of the record while its source moved too is an upgrade that was cut short, no drift. */
function otherProfile({ applied, facets }: ActualApp): Difference[] {
  const toplevel = toplevelIn(facets);
  const isOther = applied && toplevel !== undefined && toplevel !== applied.toplevel;
  return isOther ? [drift('toplevel', toplevel, applied.toplevel)] : [];
}

/** A source changes under the same reference, or because another one is written. */
function changedWhere({ field }: Change, all: readonly Change[]): string {
  if (field.startsWith('nixos.') || (field === 'source' && all.some((c) => c.field === 'flake-ref')))
    return 'changed in the manifest';
  return field === 'source' || field === 'modules' ? 'changed in its source' : 'changed';
}

/** The value by which a flake is compared: the same exactly when the same files are meant. */
export function identityOf(source: Source): string {
  const { attribute, url }: FlakeRef = source.ref;
  const fragment = attribute === '' ? '' : `#${attribute}`;
  switch (source.kind) {
    case 'local':
      return `${source.contentHash}${fragment}`;
    case 'remote':
      return source.locked ? `${source.locked.locked}${fragment}` : `unlocked:${url}${fragment}`;
    case 'missing':
      return UNKNOWN;
  }
}

/** Facets were computed before this run locked anything: name what was really built. */
export function withPins(facets: Facets, pins: Readonly<Record<string, Locked>>): Facets {
  const named = Object.fromEntries(
    Object.entries(facets.system ?? {}).map(([field, value]) => {
      const url = Object.keys(pins).find(
        (u) => value === `unlocked:${u}` || value?.startsWith(`unlocked:${u}#`),
      );
      const pin = url === undefined ? undefined : pins[url];
      return [field, pin && value ? value.replace(`unlocked:${url ?? ''}`, () => pin.locked) : value];
    }),
  );
  return { ...facets, system: named };
}

/** What its profile points at; null: there is none; undefined: it is not to be seen. */
export function toplevelIn(facets: Facets): string | null | undefined {
  return facets.system?.['toplevel'];
}

/** What it is made of, as facets say it; the key by which a system that was built is found again. */
export function systemIn(facets: Facets | undefined): Facet {
  return facets?.system ?? {};
}

export function nixpkgsIdentityIn(facets: Facets | undefined): string | null {
  return facets?.system?.['nixpkgs'] ?? null;
}

export function sourceIn(facets: Facets | undefined): string | null {
  return facets?.system?.['source'] ?? null;
}
