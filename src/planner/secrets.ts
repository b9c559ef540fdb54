import { UNKNOWN, type Facet } from '../domain/facet.js';
import type { ActualApp } from '../domain/actual.js';
import type { Change } from '../domain/plan.js';
import type { DesiredApp } from '../domain/desired.js';
import type { Chain } from './chain.js';
import { causesOf } from './diff.js';

/** What is to be done about an app's secrets. Names only. */
export type SecretMoves = {
  readonly put: readonly string[];
  readonly remove: readonly string[];
  /** Are to be what they were before a run that did not end has touched them; nobody has read their sources. */
  readonly revert: readonly string[];
  /** Of `put`: the owner is known by name, and the guest has to know it. */
  readonly owned: readonly string[];
  /** With another value than before, or none any more. */
  readonly changed: readonly string[];
  readonly cause: string;
};

export function secretMoves(
  app: DesiredApp,
  actual: ActualApp | null,
  changes: readonly Change[],
): SecretMoves {
  const wanted = app.facets.secrets ?? {};
  const applied = actual?.applied?.facets.secrets ?? {};
  // A run that did not end has touched these: nobody knows what the guest has.
  const unsure = actual?.facets.secrets ?? {};
  const all = new Set([wanted, applied, unsure].flatMap((facet) => Object.keys(facet)));
  const fields = [...all].filter((field) => wanted[field] !== UNKNOWN);
  const of = (facet: Facet, field: string) => facet[field] ?? '';
  const isSure = (field: string) => of(unsure, field) === '';
  const moved = fields.filter((field) => of(wanted, field) !== of(applied, field) || !isSure(field));
  const isRead = (field: string) => app.secrets.some(({ name }) => name === nameOf(field));
  const isReverted = (field: string) => of(wanted, field) !== '' && !isRead(field);
  const put = moved.filter((f) => of(wanted, f) !== '' && isRead(f));
  const remove = moved.filter((f) => of(wanted, f) === '');
  const changed = moved.filter((f) => valueOf(of(wanted, f)) !== valueOf(of(applied, f)) || !isSure(f));
  const isNamed = (name: string) =>
    app.secrets.some((s) => s.name === name && typeof s.owner === 'string' && s.owner !== 'root');
  return {
    put: put.map(nameOf),
    remove: remove.map(nameOf),
    revert: moved.filter(isReverted).map(nameOf),
    owned: put.map(nameOf).filter(isNamed),
    changed: changed.map(nameOf),
    cause: causesOf(changes.filter((c) => c.facet === 'secrets')),
  };
}

/** `secret.db` → `db`. */
export function nameOf(field: string): string {
  return field.replace('secret.', '');
}

/** The fingerprint, without mode and owner. */
function valueOf(field: string): string {
  return field.split(' ')[0] ?? '';
}

export function pushSecrets(ops: Chain, { put, remove, revert, cause }: SecretMoves): void {
  if (revert.length > 0) ops.then({ kind: 'revert-secrets', secrets: revert }, cause);
  if (put.length + remove.length > 0) ops.then({ kind: 'push-secrets', put, remove }, cause);
}

/** In a guest that runs; only that knows its users. */
export function ownSecrets(ops: Chain, { owned }: SecretMoves): void {
  if (owned.length > 0)
    ops.then({ kind: 'own-secrets', secrets: owned }, 'they belong to users of the guest');
}

/** For a guest that ran before it had them: what has just been started has loaded them. */
export function reloadSecrets(ops: Chain, { changed, cause }: SecretMoves): void {
  if (changed.length > 0) ops.then({ kind: 'restart-units', secrets: changed }, cause, 'service');
}
