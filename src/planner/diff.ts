import equal from 'fast-deep-equal';
import { UNKNOWN, type Facet, type FacetName, type Facets } from '../domain/facet.js';
import type { ActualApp } from '../domain/actual.js';
import type { Change } from '../domain/plan.js';
import type { DesiredApp } from '../domain/desired.js';
import { listCauses, plainCause } from '../facets/causes.js';
import { fieldsIn, isSame } from '../facets/facet.js';
import { FACETS, facetOf } from '../facets/index.js';

/**
 * Every difference of one app, field by field, three ways: what the manifest says, what was last applied,
 * what is really there. Facets are compared generically: a new field needs no code here.
 */
export function changesOf(desired: DesiredApp, actual: ActualApp | null): Change[] {
  const compared = FACETS.flatMap(([facet]) => compareFacet(facet, desired, actual));
  const faults = actual ? BY_FAULT_TURN.flatMap((facet) => faultsOf(facet, desired, actual, compared)) : [];
  return [...compared, ...faults].map((change) => facetOf(change.facet).told?.(change) ?? change);
}

/** What a hold keeps back: of what is wanted, all that is not to be meanwhile. What could not be read is not known to be. */
export function heldBackOf(wanted: Facets, meanwhile: Facets): Change[] {
  return FACETS.flatMap(([facet, { told }]) => {
    const [now, kept] = [wanted[facet] ?? {}, meanwhile[facet] ?? {}];
    const other = fieldsIn(now, kept).filter((field) => !isSame(now, kept, field) && now[field] !== UNKNOWN);
    return other.map((field): Change => {
      const change = {
        facet,
        field,
        kind: 'held',
        from: kept[field] ?? null,
        to: now[field] ?? null,
      } as const;
      return told?.(change) ?? change;
    });
  });
}

const BY_FAULT_TURN = FACETS.map(([facet]) => facet).toSorted(
  (a, b) => (facetOf(a).faultTurn ?? 0) - (facetOf(b).faultTurn ?? 0),
);

function faultsOf(
  facet: FacetName,
  desired: DesiredApp,
  actual: ActualApp,
  compared: readonly Change[],
): Change[] {
  const own = compared.filter((change) => change.facet === facet);
  return (facetOf(facet).faults?.(desired, actual, own) ?? []).map((fault) => ({ facet, ...fault }));
}

function compareFacet(facet: FacetName, desired: DesiredApp, actual: ActualApp | null): Change[] {
  const wanted = desired.facets[facet] ?? {};
  const applied = actual?.applied?.facets[facet] ?? {};
  const seen = actual?.facets[facet] ?? {};
  // As applied, most often: then only what can be seen can differ.
  const visible = Object.keys(seen).filter(
    (field) => Object.hasOwn(wanted, field) || facetOf(facet).owns?.(field, wanted) === true,
  );
  if (!actual?.applied) return neverApplied(facet, { wanted, seen, visible });
  const fields = equal(wanted, applied) ? visible : union(Object.keys(wanted), Object.keys(applied), visible);
  return fields.flatMap((field) => {
    const change = compareField(wanted[field] ?? null, applied[field] ?? null, seen[field]);
    return change ? [{ facet, field, ...change }] : [];
  });
}

/** All that is wanted is new; what a run that was cut short left, and nobody asks for now, is in the way. */
function neverApplied(
  facet: FacetName,
  {
    wanted,
    seen,
    visible,
  }: { readonly wanted: Facet; readonly seen: Facet; readonly visible: readonly string[] },
): Change[] {
  const missing = Object.entries(wanted).filter(([, value]) => value !== null);
  const left = visible.filter((field) => !Object.hasOwn(wanted, field) && seen[field] !== null);
  return [
    ...missing.map(([field, to]) =>
      to === UNKNOWN
        ? unknownChange(facet, field, null)
        : { facet, field, kind: 'new' as const, from: null, to },
    ),
    ...left.map((field) => ({ facet, field, kind: 'drifted' as const, from: seen[field] ?? null, to: null })),
  ];
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

function unknownChange(facet: FacetName, field: string, from: string | null): Change {
  return { facet, field, kind: 'unknown', from, to: null };
}

/** Why an operation is there, in the few words that fit behind it. */
export function causesOf(changes: readonly Change[]): string {
  return listCauses(changes, (change) => facetOf(change.facet).causeOf?.(change) ?? plainCause(change));
}
