import { facetOf } from '../../facets/index.js';
import type { FacetName } from '../../domain/facet.js';
import type { Change } from '../../domain/plan.js';
import { shortenAll } from '../shorten.js';
import { oneLine } from '../style.js';

/** A field that is no longer what a plan was made from. */
export type MovedField = {
  readonly side: 'manifest' | 'machine';
  readonly field: string;
  readonly then: string | null | undefined;
  readonly now: string | null | undefined;
};

/** `exposure.listen: 127.0.0.1:7700 → 127.0.0.1:7701 (changed in the manifest)`. `all`: those of the same app. */
export function movedText(moved: MovedField, all: readonly MovedField[]): string {
  const { field, then, now } = toldOf(moved);
  return `${oneLine(field)}: ${valueWords(then ?? null, now ?? null)} (${whereOf(moved, all)})`;
}

function valueWords(then: string | null, now: string | null): string {
  const values = [then, now].map((value) => (value === null ? 'none' : oneLine(value)));
  const [from = '', to = ''] = shortenAll(values);
  if (from !== to && !values.some((value) => OPAQUE.test(value))) return `${from} → ${to}`;
  if (then === null) return 'is there by now';
  return now === null ? 'is gone' : 'changed';
}

/** What says nothing to a person: a digest, or a whole record. */
const OPAQUE = /^(?:digest:|\{)/;

/** The field as it may be told. Of a secret that is who may read it, and not even its fingerprint. */
export function toldOf({ field, then, now }: MovedField): Pick<MovedField, 'field' | 'then' | 'now'> {
  const facet = facetNamed(field.replace(/^applied\./, ''));
  const told = facet && facetOf(facet).told?.({ ...NO_CHANGE, facet, from: then ?? null, to: now ?? null });
  return told ? { field, then: told.from, now: told.to } : { field, then, now };
}

const NO_CHANGE = { field: '', kind: 'changed' } as const;

/** `exposure.listen` → `exposure`; null: it is a field of no facet. */
function facetNamed(field: string): FacetName | null {
  const name = field.slice(0, Math.max(0, field.indexOf('.'))) as FacetName;
  return facetOf(name).changedBy.length > 0 ? name : null;
}

function whereOf(moved: MovedField, all: readonly MovedField[]): string {
  const { side, field, then, now } = moved;
  if (side === 'machine') return 'changed on the machine';
  if (all.some((one) => isPinMove(one) && [one.field, `system.${one.field}`].includes(field)))
    return 'changed in the lock';
  if (facetNamed(field) === 'secrets' && then && now) return 'changed in its source';
  const [own] = changeOf(moved);
  const where = own && facetOf(own.facet).changedWhere?.(own, all.flatMap(changeOf));
  return where ?? 'changed in the manifest';
}

/** A reference that is written as before, and pinned to something else. */
function isPinMove({ side, field, then, now }: MovedField): boolean {
  const isPin = side === 'manifest' && (field === 'source' || field === 'nixpkgs');
  return isPin && then?.split(' ')[0] === now?.split(' ')[0];
}

/** As a difference of its facet; none where it is a field of no facet, or of the machine. */
function changeOf({ side, field, then = null, now = null }: MovedField): Change[] {
  const facet = side === 'manifest' ? facetNamed(field) : null;
  if (!facet) return [];
  return [{ facet, field: field.slice(facet.length + 1), kind: 'changed', from: then, to: now }];
}
