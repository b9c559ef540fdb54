import type { ActualApp } from '../domain/actual.js';
import type { DesiredApp } from '../domain/desired.js';
import { UNKNOWN, type Facet, type Facets } from '../domain/facet.js';
import { LABEL, parseNames } from '../domain/labels.js';
import type { Secret } from '../domain/manifest.js';
import type { Change } from '../domain/plan.js';
import { listCauses } from './causes.js';
import {
  fieldsIn,
  isSame,
  type FacetDefinition,
  type Said,
  type Steps,
  type Update,
  type WayBack,
} from './facet.js';

/** Before it starts: what the system loads is to be what it was found good with. */
const SECRETS_BACK: WayBack = {
  undoes: ['push-secrets'],
  turn: 'files',
  stepsOf: ({ forward, due, cause }) => {
    const rescues = [...new Set([...(due.isResumed ? due.stopped : []), ...due.from('push-secrets')])];
    return forward.flatMap(({ action }) => {
      if (action.kind !== 'push-secrets') return [];
      const touched = [...action.put, ...action.remove];
      return [{ action: { kind: 'revert-secrets' as const, secrets: touched }, cause, rescues }];
    });
  },
};

/** Files of the guest that are not in its system, by fingerprints of what they hold. */
export const secrets: FacetDefinition = {
  wanted: wantedFields,
  seen: ({ instance }) => unfinishedSecrets(instance.config),
  owns: () => true,
  told: (change) => ({ ...change, from: accessOf(change.from), to: accessOf(change.to) }),
  changedBy: [{ verb: 'secrets', by: ['push-secrets', 'revert-secrets'] }],
  stepsOf,
  back: [SECRETS_BACK],
  isPrivate: true,
  causeOf,
  labelOf: (field) => field,
};

/** `secret.db`. */
export function secretField(name: string): string {
  return `secret.${name}`;
}

/** `secret.db` → `db`. */
export function nameOf(field: string): string {
  return field.replace('secret.', '');
}

/** One field for each secret: its fingerprint, its mode and its owner. One that nobody was to read has none. */
function wantedFields({ app: { secrets: all }, identities: { secrets: read } }: Said): Facet | null {
  if (all.length === 0) return null;
  const valueFor = ({ name, mode, owner }: Secret) => {
    const found = Object.hasOwn(read, name) ? read[name] : undefined;
    if (!found) return [];
    const value = 'problem' in found ? UNKNOWN : `${found.fingerprint} ${mode} ${owner}`;
    return [[secretField(name), value] as const];
  };
  return Object.fromEntries(all.flatMap(valueFor));
}

const SECRET = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

/** Secrets are not looked at, but a run that did not end has left word of those that it touched. */
function unfinishedSecrets(config: Readonly<Record<string, string>>): Facet | null {
  const names = parseNames(config[LABEL.touchedSecrets]).filter((name) => SECRET.test(name));
  return names.length === 0
    ? null
    : Object.fromEntries(names.map((name) => [secretField(name), 'unfinished']));
}

/** Of a secret it is told that it changed, and what mode and owner it has; not even its fingerprint. */
function accessOf(field: string | null): string | null {
  return field && field.replace(/^\S+ /, '');
}

function causeOf(change: Change): string {
  return `${change.field.replace('.', ' ')} ${wordOf(change)}`;
}

function wordOf({ from, to }: Change): string {
  if (from === null) return 'added';
  return to === null ? 'removed' : 'changed';
}

/** The fingerprint, without mode and owner. */
function valueOf(field: string): string {
  return field.split(' ')[0] ?? '';
}

type Moves = {
  readonly put: readonly string[];
  readonly remove: readonly string[];
  /** Are to be what they were before a run that did not end has touched them; nobody has read their sources. */
  readonly revert: readonly string[];
  /** With another value than before, or none any more. */
  readonly changed: readonly string[];
};

/** What is to be done about an app's secrets. Names only. */
function movesOf(app: DesiredApp, actual: ActualApp | null): Moves {
  const wanted = app.facets.secrets ?? {};
  const applied = actual?.applied?.facets.secrets ?? {};
  // A run that did not end has touched these: nobody knows what the guest has.
  const unsure = actual?.facets.secrets ?? {};
  const fields = fieldsIn(wanted, applied, unsure).filter((field) => wanted[field] !== UNKNOWN);
  const of = (facet: Facet, field: string) => facet[field] ?? '';
  const isSure = (field: string) => of(unsure, field) === '';
  const moved = fields.filter((field) => of(wanted, field) !== of(applied, field) || !isSure(field));
  const isRead = (field: string) => app.secrets.some(({ name }) => name === nameOf(field));
  const isKept = (field: string) => of(wanted, field) !== '';
  const isOther = (field: string) => valueOf(of(wanted, field)) !== valueOf(of(applied, field));
  return {
    put: moved.filter((field) => isKept(field) && isRead(field)).map(nameOf),
    remove: moved.filter((field) => !isKept(field)).map(nameOf),
    revert: moved.filter((field) => isKept(field) && !isRead(field)).map(nameOf),
    changed: moved.filter((field) => isOther(field) || !isSure(field)).map(nameOf),
  };
}

function stepsOf({ app, actual, changes }: Update): Steps {
  const { put, remove, revert, changed } = movesOf(app, actual);
  const cause = listCauses(changes, causeOf);
  // The owner is known by name, and only a guest that runs knows its users.
  const isNamed = (name: string) =>
    app.secrets.some((s) => s.name === name && typeof s.owner === 'string' && s.owner !== 'root');
  const owned = put.filter(isNamed);
  const reverted: Placed = { stage: 'put', action: { kind: 'revert-secrets', secrets: revert }, cause };
  const pushed: Placed = { stage: 'put', action: { kind: 'push-secrets', put, remove }, cause };
  const given: Placed = {
    stage: 'own',
    action: { kind: 'own-secrets', secrets: owned },
    cause: 'they belong to users of the guest',
  };
  // For a guest that ran before it had them: what has just been started has loaded them.
  const loaded: Placed = {
    ...{ stage: 'reload', action: { kind: 'restart-units', secrets: changed } },
    ...{ cause, interrupts: 'service' },
  };
  return {
    steps: [
      ...(revert.length > 0 ? [reverted] : []),
      ...(put.length + remove.length > 0 ? [pushed] : []),
      ...(owned.length > 0 ? [given] : []),
      ...(changed.length > 0 ? [loaded] : []),
    ],
    isCold: false,
  };
}

type Placed = Steps['steps'][number];

/** Their fingerprints; undefined: the app has none, or nobody knows. */
export function secretsIn(facets: Facets | undefined): Facet | undefined {
  return facets?.secrets;
}

/** Without the fingerprints of those that `isNew`: each process makes up another value for them. */
export function withoutNewValues(facets: Facets, isNew: (name: string) => boolean): Facets {
  if (!facets.secrets) return facets;
  const fields = Object.entries(facets.secrets).map(([field, value]) => {
    const isMadeUp = value !== null && value !== UNKNOWN && isNew(nameOf(field));
    return [field, isMadeUp ? `new ${accessOf(value) ?? ''}` : value] as const;
  });
  return { ...facets, secrets: Object.fromEntries(fields) };
}

/** With these instead of its own, where there are any. */
export function withSecrets(facets: Facets, fingerprints: Facet | undefined): Facets {
  return { ...facets, ...(fingerprints && { secrets: fingerprints }) };
}

/** Their fingerprints are for the record alone: a plan is printed. */
export function withoutSecrets(facets: Facets): Facets {
  return Object.fromEntries(Object.entries(facets).filter(([name]) => name !== 'secrets'));
}

/** Secrets that are not as the manifest says: these are recorded as they were. */
export function heldSecrets(facets: Facets, wanted: Facets): string[] {
  const [chosen, now] = [facets.secrets ?? {}, wanted.secrets ?? {}];
  return fieldsIn(chosen, now).filter((field) => !isSame(chosen, now, field));
}
