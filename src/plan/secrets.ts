import type { ActualApp, Change, DesiredApp, Facet } from '../model.js';
import type { Chain } from './chain.js';
import { causesOf } from './diff.js';

/** What is to be done about an app's secrets. Names only. */
export type SecretMoves = {
  readonly put: readonly string[];
  readonly remove: readonly string[];
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
  const names = (facet: Facet) => Object.keys(facet).map((field) => field.replace('secret.', ''));
  const field = (facet: Facet, name: string) => facet[`secret.${name}`] ?? '';
  const put = names(wanted).filter((name) => field(wanted, name) !== field(applied, name));
  const remove = names(applied).filter((name) => field(wanted, name) === '');
  const isNamed = (name: string) =>
    app.secrets.some((s) => s.name === name && typeof s.owner === 'string' && s.owner !== 'root');
  return {
    put,
    remove,
    owned: put.filter(isNamed),
    changed: [
      ...put.filter((name) => valueOf(field(wanted, name)) !== valueOf(field(applied, name))),
      ...remove,
    ],
    cause: causesOf(changes.filter((c) => c.facet === 'secrets')),
  };
}

/** The fingerprint, without mode and owner. */
function valueOf(field: string): string {
  return field.split(' ')[0] ?? '';
}

export function pushSecrets(ops: Chain, { put, remove, cause }: SecretMoves): void {
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
