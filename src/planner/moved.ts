import type { AppBasis, Basis, Fields } from '../domain/saved-plan.js';
import { IN_MANIFEST } from './basis.js';
import { INSTANCE, isAsked } from './basis-machine.js';

/** One field that is no longer what a plan was made from. Undefined: there was, or is, no such field. */
export type Moved = {
  readonly app: string;
  readonly side: keyof AppBasis;
  readonly field: string;
  readonly then: string | null | undefined;
  readonly now: string | null | undefined;
};

/** Every field of these apps that has moved. Where the app itself is gone, or is there by now, that alone. */
export function movedBetween(then: Basis, now: Basis): readonly Moved[] {
  const apps = [...new Set([...Object.keys(then), ...Object.keys(now)])].sort();
  return apps.flatMap((app) => {
    const manifest = movedOn('manifest', IN_MANIFEST, app, [then, now]);
    const machine = movedOn('machine', INSTANCE, app, [then, now]);
    return [...manifest, ...(manifest.length > 0 ? machine.filter(hasMovedItself) : machine)];
  });
}

/** Not only because the manifest asks for another thing by now. */
function hasMovedItself({ field, then, now }: Moved): boolean {
  return !isAsked(field) || (then !== undefined && now !== undefined);
}

function movedOn(
  side: Moved['side'],
  whole: string,
  app: string,
  [then, now]: readonly [Basis, Basis],
): readonly Moved[] {
  const [before, after] = [fieldsOf(then, app, side), fieldsOf(now, app, side)];
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const moved = fields
    .map((field): Moved => ({ app, side, field, then: valueOf(before, field), now: valueOf(after, field) }))
    .filter((one) => one.then !== one.now);
  const gone = moved.filter((one) => one.field === whole);
  return gone.length > 0 ? gone : moved;
}

function fieldsOf(basis: Basis, app: string, side: Moved['side']): Fields {
  return Object.hasOwn(basis, app) ? (basis[app]?.[side] ?? {}) : {};
}

function valueOf(fields: Fields, field: string): string | null | undefined {
  return Object.hasOwn(fields, field) ? fields[field] : undefined;
}
