import type { Action, ActionKind, SystemRef } from '../domain/action.js';
import type { ActualApp, Applied, Attachment, Exposure, Generation, Volume } from '../domain/actual.js';
import type { DesiredApp, SecretRead } from '../domain/desired.js';
import type { Facet } from '../domain/facet.js';
import type { ManifestApp } from '../domain/manifest.js';
import type { StoreMode } from '../domain/store-mode.js';
import type { Change, Interrupts, OpId, Operation, Verb } from '../domain/plan.js';
import type { InstanceJson } from '../domain/services.js';

/** What the manifest says of an app, and what its sources stand for now. */
export type Said = {
  readonly app: ManifestApp;
  readonly wanted: Omit<DesiredApp, 'facets' | 'problems'>;
  readonly identities: Identities;
};

export type Identities = {
  readonly source: string;
  /** Null: nothing is assembled. */
  readonly nixpkgs: string | null;
  /** One for each module. */
  readonly modules: readonly string[];
  /** By name; those that nobody was to read are absent. */
  readonly secrets: Readonly<Record<string, SecretRead>>;
};

/** An instance as the daemon lists it, and what else there is to be seen of it. */
export type Seen = {
  readonly instance: InstanceJson;
  readonly applied: Applied | null;
  readonly store: StoreMode;
  readonly exposures: readonly Exposure[];
  readonly attachments: readonly Attachment[];
  readonly volumes: readonly Volume[];
  /** Every socket that listens, as `socketsOf` names them. */
  readonly open: ReadonlySet<string>;
  /** The system that its profile on the host points at; undefined: there is none. */
  readonly profile: string | undefined;
};

/** A difference of one facet. */
export type Difference = Omit<Change, 'facet'>;

/** What an app is updated from, and to; differences are those of the facet that is asked. */
export type Update = {
  readonly app: DesiredApp;
  /** Null: there is no container. */
  readonly actual: ActualApp | null;
  readonly changes: readonly Change[];
  /** What somebody has added and is to go. */
  readonly removes: readonly Change[];
  /** The volumes that there are for this app, under its name or its former one. */
  readonly kept: readonly Volume[];
  readonly store: StoreMode;
};

/**
 * When a step has its turn. Devices and config of a container in this order, as Incus lets no two devices be at one
 * path: what goes away goes first. Files are put before a start, or into a guest that runs, which is told afterwards.
 */
export const DEVICE_STAGES = ['repair', 'resize', 'remove', 'detach', 'replace', 'attach'] as const;
export type Stage = 'prepare' | (typeof DEVICE_STAGES)[number] | 'put' | 'own' | 'reload';

export type Step = {
  readonly action: Action;
  readonly cause: string;
  /** What is interrupted by the step itself; a stop that it needs is another one. */
  readonly interrupts?: Interrupts;
};

export type Steps = {
  readonly steps: readonly (Step & { readonly stage: Stage })[];
  /** Whether the container must be stopped: what changes is only looked at when it starts. */
  readonly isCold: boolean;
};

/** What a field is in the config of an instance; all that changes is set at once. */
export type Setting = { readonly keys: readonly string[]; readonly profiles?: true };

/** What has failed of the way forward, as far as it decides on the way back. */
export type Due = {
  /** An upgrade that was cut short is gone on with: nothing of it is taken back before it is touched. */
  readonly isResumed: boolean;
  /** Should one of these fail, the container is stopped and started again. */
  readonly stopped: readonly OpId[];
  /** All from the mark on that says that there is a way back. */
  readonly marked: readonly OpId[];
  /** All from the first of these kinds on. */
  readonly from: (...kinds: readonly ActionKind[]) => readonly OpId[];
};

export type Failed = {
  readonly app: DesiredApp;
  readonly actual: ActualApp | null;
  readonly store: StoreMode;
  /** What is gone back to. */
  readonly last: Generation;
  readonly system: SystemRef;
  /** Those that its system may write to. */
  readonly volumes: readonly string[];
  readonly forward: readonly Operation[];
  readonly due: Due;
  readonly cause: string;
};

export type StepBack = Step & {
  /** Of the way forward: should one of these fail, the step is due. */
  readonly rescues: readonly OpId[];
};

/** The turns of a way back: those before the container starts, and those when it is up. */
export const BEFORE_START = ['data', 'boot', 'files', 'config', 'devices', 'ports'] as const;
export const WHEN_UP = ['open', 'judge'] as const;

/** What takes back what some operations have done. */
export type WayBack = {
  /** Operations that make something of the app that was not recorded. */
  readonly undoes: readonly ActionKind[];
  readonly turn: (typeof BEFORE_START)[number] | (typeof WHEN_UP)[number];
  readonly stepsOf: (failed: Failed) => readonly StepBack[];
};

/**
 * What a field has to do with a system that is held. `makes`: another value is another try, as a whole. `tried`: it may
 * be why that did not work; as long as it is as it was tried, it is held as well. `origin`: it only says where the
 * system is from, and goes with it. `free`: it is as the manifest says.
 */
export type Part = 'makes' | 'tried' | 'origin' | 'free';

/** All that is particular of one facet. What is left out is as it is for most. */
export type FacetDefinition = {
  /** What the manifest says of it; null: nothing. */
  readonly wanted: (said: Said) => Facet | null;
  /** The part of an instance's config that it is made of. */
  readonly configOf?: (app: ManifestApp) => Readonly<Record<string, string>>;
  /** What an instance shows of it. What was applied and is not there any more is null; absent: it cannot be seen. */
  readonly seen?: (seen: Seen) => Facet | null;
  /** Whether a field that is there although nobody asked for it is pets' own, and has to go. */
  readonly owns?: (field: string, wanted: Facet) => boolean;
  /** Faults that only the machine can have: the manifest has no word for them. `changes`: what differs besides. */
  readonly faults?: (app: DesiredApp, there: ActualApp, changes: readonly Change[]) => readonly Difference[];
  /** When its faults are told among those of all facets: what a run has left comes first. */
  readonly faultTurn?: number;
  /** What somebody has added: neither the manifest nor what was last applied has it. */
  readonly added?: (app: DesiredApp, there: ActualApp | null) => readonly Difference[];
  /** What of a difference may be told. */
  readonly told?: (change: Change) => Change;
  /** What a change asks for beyond its own operations: another system, or another look whether it is healthy. */
  readonly asks?: 'build' | 'check';
  /** The operations that change it, and what a person is told of a plan that has one of them. */
  readonly changedBy: readonly { readonly verb: Verb; readonly by: readonly ActionKind[] }[];
  /** Null: the field is nothing of an instance's config. */
  readonly settingOf?: (field: string) => Setting | null;
  readonly stepsOf?: (update: Update) => Steps;
  readonly back?: readonly WayBack[];
  /** `makes` where it is left out. */
  readonly partOf?: (field: string) => Part;
  /** It is tried, or held, as a whole. */
  readonly movesAsOne?: true;
  /** The field without which this one means nothing. */
  readonly belongsTo?: (field: string) => string | null;
  /** Its values are in no plan, as that is printed; they are the generation's that serves. */
  readonly isPrivate?: true;
  /** Why an operation is there. */
  readonly causeOf?: (change: Change) => string;
  /** What a diff calls a field. */
  readonly labelOf?: (field: string) => string;
  /** Of these a diff does not tell that they are new: it says nothing. */
  readonly isPlain?: (field: string) => boolean;
  /** Where a change came about; `all`: every change of the app. */
  readonly changedWhere?: (change: Change, all: readonly Change[]) => string;
};

export type Fields = readonly (readonly [name: string, value: string])[];

/** Fields of one kind: `publish.127.0.0.1:7700`. */
export function fields(kind: string, pairs: Fields): Facet {
  return Object.fromEntries(pairs.map(([name, value]) => [`${kind}.${name}`, value]));
}

/** `size.data` → `data`; null where the field is of another kind. */
export function nameIn(field: string, kind: string): string | null {
  return field.startsWith(`${kind}.`) ? field.slice(kind.length + 1) : null;
}

/** Every field of what was applied, as if nothing of it were there. */
export function gone(applied: Facet | undefined, prefix = ''): Facet {
  const names = Object.keys(applied ?? {}).filter((field) => field.startsWith(prefix));
  return Object.fromEntries(names.map((field) => [field, null]));
}

export function fieldsIn(...all: readonly Facet[]): string[] {
  return [...new Set(all.flatMap((facet) => Object.keys(facet)))];
}

/** A field that is absent is its default. */
export function isSame(a: Facet, b: Facet, field: string): boolean {
  return (a[field] ?? null) === (b[field] ?? null);
}

/** `memory drifted 1GiB → 2GiB`. */
export function movedWords(name: string, { kind, from, to }: Pick<Change, 'kind' | 'from' | 'to'>): string {
  return `${name}${kind === 'drifted' ? ' drifted' : ''} ${from ?? 'none'} → ${to ?? 'none'}`;
}

export function drift(field: string, from: string | null, to: string | null): Difference {
  return { field, kind: 'drifted', from, to };
}
