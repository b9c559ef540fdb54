import equal from 'fast-deep-equal';
import { UNKNOWN, type Facet, type FacetName } from '../domain/facet.js';
import type { ActualApp } from '../domain/actual.js';
import type { Change } from '../domain/plan.js';
import type { DesiredApp } from '../domain/desired.js';

const FACETS: readonly FacetName[] = [
  'power',
  'system',
  'exposure',
  'storage',
  'limits',
  'secrets',
  'health',
  'container',
  'meta',
];

/**
 * Every difference of one app, field by field, three ways: what the manifest says, what was last applied,
 * what is really there. Facets are compared generically: a new field needs no code here.
 */
export function changesOf(desired: DesiredApp, actual: ActualApp | null): Change[] {
  const compared = FACETS.flatMap((facet) => compareFacet(facet, desired, actual));
  const faults = actual ? observedFaults(desired, actual) : [];
  // A profile that is ahead of the record while its source moved too is an upgrade that was cut short, no drift.
  const isUpgrading = compared.some((change) => change.facet === 'system');
  return [...compared, ...faults.filter((fault) => !(isUpgrading && fault.facet === 'system'))].map(discreet);
}

/** Of a secret it is told that it changed, and what mode and owner it has; not even its fingerprint. */
function discreet(change: Change): Change {
  if (change.facet !== 'secrets') return change;
  const access = (field: string | null) => field && field.replace(/^\S+ /, '');
  return { ...change, from: access(change.from), to: access(change.to) };
}

function compareFacet(facet: FacetName, desired: DesiredApp, actual: ActualApp | null): Change[] {
  const wanted = desired.facets[facet] ?? {};
  const applied = actual?.applied?.facets[facet] ?? {};
  const seen = actual?.facets[facet] ?? {};
  // As applied, most often: then only what can be seen can differ.
  const visible = Object.keys(seen).filter(
    (field) => Object.hasOwn(wanted, field) || isOwn(facet, field, wanted),
  );
  if (!actual?.applied) return neverApplied(facet, wanted, seen, visible);
  const fields = equal(wanted, applied) ? visible : union(Object.keys(wanted), Object.keys(applied), visible);
  return fields.flatMap((field) => {
    const change = compareField(wanted[field] ?? null, applied[field] ?? null, seen[field]);
    return change ? [{ facet, field, ...change }] : [];
  });
}

/** All that is wanted is new; what a run that was cut short left, and nobody asks for now, is in the way. */
function neverApplied(facet: FacetName, wanted: Facet, seen: Facet, visible: readonly string[]): Change[] {
  const missing = Object.entries(wanted).filter(([, value]) => value !== null);
  const left = visible.filter((field) => !Object.hasOwn(wanted, field) && seen[field] !== null);
  return [
    ...missing.map(([field, to]) =>
      to === UNKNOWN ? unknown(facet, field, null) : { facet, field, kind: 'new' as const, from: null, to },
    ),
    ...left.map((field) => ({ facet, field, kind: 'drifted' as const, from: seen[field] ?? null, to: null })),
  ];
}

/** Fields that are there although nobody asked for them: pets owns all of their kind. */
function isOwn(facet: FacetName, field: string, wanted: Facet): boolean {
  // A volume that is kept but not wanted may be as large as it likes.
  if (field.startsWith('size.')) return Object.hasOwn(wanted, field.replace('size.', 'volume.'));
  return (
    facet === 'storage' ||
    facet === 'limits' ||
    facet === 'secrets' ||
    (facet === 'exposure' && field.startsWith('publish.'))
  );
}

function union(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())];
}

/** `seen` undefined: nobody can look, so it is taken to be as applied. */
function compareField(
  wanted: string | null,
  applied: string | null,
  seen: string | null | undefined,
): Pick<Change, 'kind' | 'from' | 'to'> | null {
  if (wanted === UNKNOWN) return { kind: 'unknown', from: applied, to: null };
  const changed = wanted !== applied;
  const drifted = seen !== undefined && seen !== applied;
  if (changed && drifted && seen !== wanted) return { kind: 'both', from: seen, to: wanted };
  if (changed) return { kind: 'changed', from: applied, to: wanted };
  if (drifted) return { kind: 'drifted', from: seen, to: wanted };
  return null;
}

/** Faults that only the machine can have: the manifest has no word for them. */
function observedFaults(desired: DesiredApp, actual: ActualApp): Change[] {
  const faults: Change[] = [];
  if (actual.applied && actual.state !== 'ready') faults.push(drift('meta', 'state', actual.state, 'ready'));
  // A rename that was begun and is not wanted any more: its mark would claim what another app has by then.
  if (actual.becoming !== null && actual.name === desired.name)
    faults.push(drift('meta', 'becoming', actual.becoming, null));
  const toplevel = actual.facets.system?.['toplevel'];
  if (actual.applied && toplevel !== undefined && toplevel !== actual.applied.toplevel) {
    faults.push(drift('system', 'toplevel', toplevel, actual.applied.toplevel));
  }
  faults.push(...actual.altered.map((key) => drift('container', key, 'altered', 'as made')));
  if (desired.exposures.length > 0 && actual.facets.exposure?.['forwarder'] === 'dead') {
    faults.push(drift('exposure', 'forwarder', 'not listening', 'listening'));
  }
  return faults;
}

function unknown(facet: FacetName, field: string, from: string | null): Change {
  return { facet, field, kind: 'unknown', from, to: null };
}

function drift(facet: FacetName, field: string, from: string | null, to: string | null): Change {
  return { facet, field, kind: 'drifted', from, to };
}

/** Why an operation is there, in the few words that fit behind it. */
export function causesOf(changes: readonly Change[]): string {
  const causes = [...new Set(changes.map(causeOf))];
  const more = causes.length - CAUSES_SHOWN;
  return more > 1 ? `${causes.slice(0, CAUSES_SHOWN).join(', ')} and ${more} more` : causes.join(', ');
}

const CAUSES_SHOWN = 3;

function causeOf(change: Change): string {
  const field = change.facet === change.field ? change.field : `${change.facet} ${change.field}`;
  if (change.kind === 'new') return 'not there yet';
  if (change.kind === 'added') return `${change.field} was added on the machine`;
  if (change.facet === 'secrets') return `${change.field.replace('.', ' ')} ${wordOf(change)}`;
  const verb = change.kind === 'drifted' ? ' drifted' : '';
  if (change.facet === 'system')
    return change.kind === 'drifted' ? `${field} drifted` : `${change.field} changed`;
  // Their fields say enough: `volume.data`, `publish.127.0.0.1:53/udp`.
  const name = change.facet === 'meta' || !change.field.includes('.') ? field : change.field;
  return `${name}${verb} ${change.from ?? 'none'} → ${change.to ?? 'none'}`;
}

function wordOf({ from, to }: Change): string {
  if (from === null) return 'added';
  return to === null ? 'removed' : 'changed';
}
