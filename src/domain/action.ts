import type { AppName, StorePath } from './names.js';
import type { DesiredExposure } from './desired.js';
import type { Exposure } from './actual.js';
import type { Facets } from './facet.js';
import type { Health } from './manifest.js';
import type { StoreMode } from './store-mode.js';
import type { Listen } from './binding.js';

/** The system that an operation is about: the one this run builds, or the one last applied. */
export type SystemRef =
  | { readonly kind: 'built' }
  | { readonly kind: 'applied'; readonly toplevel: StorePath; readonly generation: number };

/**
 * Every kind of operation with what it needs. Adding one: a member here, its row in `ACTIONS`,
 * and the compiler asks for its handler in `executor/perform.ts`.
 */
export type Action =
  /** Pin the app's remote flake-refs that `pets.lock` does not have yet. */
  | { readonly kind: 'lock'; readonly urls: readonly string[] }
  /** Evaluate the system to a derivation. */
  | { readonly kind: 'evaluate' }
  /** Build the evaluated derivation. */
  | { readonly kind: 'build' }
  /**
   * Start the built system in a twin of the app, on copies of its volumes, and see that it is healthy there; then the
   * twin goes. `instance`: the app's name now. `serves`: the system that it has, which tells whether the twin can be
   * healthy at all. `missing`: folders of the host that are yet to be made.
   */
  | {
      readonly kind: 'rehearse';
      readonly instance: AppName;
      readonly store: StoreMode;
      readonly serves: StorePath;
      readonly missing: readonly string[];
    }
  /** Make the built system the newest generation of the pet's profile: it is what boots, and what GC keeps. */
  | {
      readonly kind: 'set-profile';
      readonly store: StoreMode;
      /** The last number that was recorded of the app: none up to it is given again. */
      readonly above: number;
    }
  /** Make an older generation what boots. */
  | {
      readonly kind: 'return';
      readonly store: StoreMode;
      readonly generation: number;
      readonly toplevel: StorePath;
    }
  /** Mark the instance: while it is `upgrading`, the volumes' copies are what a way back begins with. */
  | { readonly kind: 'mark'; readonly state: 'ready' }
  /** `isTried`: something else than what failed before, or that once more; what failed is forgotten. */
  | { readonly kind: 'mark'; readonly state: 'upgrading'; readonly isTried: boolean }
  /** As `upgrading`, to a generation that was good: what it writes is kept unless it is found to be bad now. */
  | { readonly kind: 'mark'; readonly state: 'returning' }
  /** See that the pool can hold a copy of what the running app's volumes hold, before anything is interrupted. */
  | { readonly kind: 'room'; readonly mounts: readonly VolumeMount[] }
  /** Keep what the volumes hold now under a name; an older copy of that name goes, or `isLasting` keeps its own. */
  | {
      readonly kind: 'snapshot';
      readonly volumes: readonly string[];
      readonly name: string;
      readonly isLasting: boolean;
    }
  /** The volumes hold again what they held then, where there is such a copy. */
  | { readonly kind: 'restore'; readonly volumes: readonly string[]; readonly name: string }
  /**
   * Remember that this was tried and did not work, or that a person went back from it. `why` null: as the operation
   * says that failed; `at` null: it has just been.
   */
  | {
      readonly kind: 'condemn';
      readonly facets: Facets;
      readonly why: string | null;
      readonly at: string | null;
      readonly byHand: boolean;
    }
  /** Send the paths of the built system that the guest's own store lacks. */
  | { readonly kind: 'deliver'; readonly store: StoreMode }
  /** Give the app a volume, where none of that name is kept for it. */
  | { readonly kind: 'make-volume'; readonly volume: string; readonly size: string | null }
  | { readonly kind: 'resize-volume'; readonly volume: string; readonly size: string | null }
  /** Volumes of the app's former name are its own from now on. `names`: theirs in Incus. */
  | { readonly kind: 'take-volumes'; readonly from: AppName; readonly names: readonly string[] }
  /** The secrets that were generated for the app's former name are its own from now on. */
  | { readonly kind: 'take-secrets'; readonly from: AppName }
  /** Make a folder of the host that a bind is to show. */
  | { readonly kind: 'make-folder'; readonly path: string }
  | { readonly kind: 'create'; readonly store: StoreMode }
  /** Mark the instance: whoever finds it half renamed knows what it was to become. */
  | { readonly kind: 'begin-rename'; readonly from: AppName }
  | { readonly kind: 'rename'; readonly from: AppName }
  /** The generations of the app's former name are its own from now on. */
  | { readonly kind: 'move-profile'; readonly from: AppName; readonly store: StoreMode }
  /** Give the container back the config and devices that it was made with. */
  | { readonly kind: 'repair'; readonly store: StoreMode }
  /** Set config keys; an empty value removes one. `profiles`: null leaves them. */
  | {
      readonly kind: 'configure';
      readonly config: Readonly<Record<string, string>>;
      readonly profiles: readonly string[] | null;
    }
  | { readonly kind: 'attach'; readonly device: string; readonly what: AttachmentSpec }
  | { readonly kind: 'detach'; readonly device: string }
  /** Write secrets as files of the guest, running or not, and remove those that are not wanted any more. */
  | { readonly kind: 'push-secrets'; readonly put: readonly string[]; readonly remove: readonly string[] }
  /** The secrets of these names are again what they were before this upgrade, or one that was cut short, wrote them. */
  | { readonly kind: 'revert-secrets'; readonly secrets: readonly string[] }
  /** Give secrets to those users of the guest that are known by name. They may come with the system. */
  | { readonly kind: 'own-secrets'; readonly secrets: readonly string[] }
  /** Restart the units of the running guest that load any of these secrets, and no others. */
  | ({ readonly kind: 'restart-units'; readonly secrets: readonly string[] } & Interruption)
  | { readonly kind: 'start'; readonly from: 'Stopped' | 'Frozen' }
  /** Switch the running guest to a system. */
  | ({ readonly kind: 'activate'; readonly system: SystemRef } & Interruption)
  /** Wait until the guest has booted and runs the system it should, with no failed unit. */
  | { readonly kind: 'settle'; readonly system: SystemRef }
  /** Wait until the app is healthy, in the guest and, over http, at the exposures it is reached through. */
  | {
      readonly kind: 'check';
      readonly system: SystemRef;
      readonly health: Health;
      readonly through: readonly Listen[];
    }
  /**
   * Add a proxy device. `fallback`: the exposure taken away before, restored should this fail.
   */
  | {
      readonly kind: 'expose';
      readonly device: string;
      readonly exposure: DesiredExposure;
      readonly fallback: Exposure | null;
    }
  | { readonly kind: 'unexpose'; readonly device: string }
  /** Nothing listens although the device is there: make Incus start its forwarder again. */
  | { readonly kind: 'revive'; readonly device: string; readonly exposure: DesiredExposure }
  /**
   * Record what was applied, `facets` and the secrets' fingerprints: the pet is whole. `heldSecrets`: fields of those
   * that are as they were recorded last, whatever the manifest says.
   */
  | {
      readonly kind: 'record';
      readonly heldSecrets: readonly string[];
      readonly facets: Facets;
      readonly system: SystemRef;
      readonly health: Health | null;
    }
  /** Remove generations beyond the newest `keep` good ones, their copies of volumes, and what only they used. */
  | { readonly kind: 'collect'; readonly keep: number; readonly store: StoreMode }
  /** `instance`: its name now, where it is about to be renamed. `graceMs`: how long that may take before it is a kill. */
  | ({ readonly kind: 'stop'; readonly instance: AppName; readonly graceMs: number } & Interruption)
  | { readonly kind: 'delete' }
  /** Remove the pet's profile, and with it its generations. */
  | { readonly kind: 'drop-profile'; readonly store: StoreMode };

/** `baseline`: the first one of a run; which units fail by then is noted, as the app is to be judged afterwards. */
type Interruption = { readonly baseline?: true };

/** A volume, and where the guest has it. */
export type VolumeMount = { readonly volume: string; readonly path: string };

/** What a disk device is made of; a volume's pool and name are found when it is attached. */
export type AttachmentSpec =
  | ({ readonly kind: 'volume' } & VolumeMount)
  | { readonly kind: 'bind'; readonly source: string; readonly path: string; readonly readOnly: boolean }
  /** As written in the manifest's `incus.devices`. */
  | { readonly kind: 'device'; readonly value: Readonly<Record<string, string>> };

export type ActionKind = Action['kind'];

/** Which limit an operation counts against; `wait` holds no slot. */
export type Slot = 'evaluate' | 'build' | 'rehearse' | 'incus' | 'wait';

type Row = { readonly doing: string; readonly done: string; readonly slot: Slot };

export const ACTIONS = {
  lock: { doing: 'locking', done: 'locked', slot: 'evaluate' },
  evaluate: { doing: 'evaluating', done: 'evaluated', slot: 'evaluate' },
  build: { doing: 'building', done: 'built', slot: 'build' },
  rehearse: { doing: 'rehearsing', done: 'rehearsed', slot: 'rehearse' },
  'set-profile': { doing: 'setting the profile', done: 'profile set', slot: 'incus' },
  return: { doing: 'returning to the generation before', done: 'generation returned', slot: 'incus' },
  mark: { doing: 'marking', done: 'marked', slot: 'incus' },
  room: { doing: 'looking for room for copies', done: 'room found', slot: 'wait' },
  snapshot: { doing: 'copying the volumes', done: 'volumes copied', slot: 'incus' },
  restore: { doing: 'restoring the volumes', done: 'volumes restored', slot: 'incus' },
  condemn: { doing: 'holding what it leaves', done: 'held', slot: 'incus' },
  deliver: { doing: 'sending the system', done: 'system sent', slot: 'wait' },
  'make-volume': { doing: 'making the volume', done: 'volume made', slot: 'incus' },
  'resize-volume': { doing: 'resizing the volume', done: 'volume resized', slot: 'incus' },
  'take-volumes': { doing: 'taking over the volumes', done: 'volumes taken over', slot: 'incus' },
  'take-secrets': { doing: 'taking over the secrets', done: 'secrets taken over', slot: 'incus' },
  'make-folder': { doing: 'making the folder', done: 'folder made', slot: 'incus' },
  create: { doing: 'creating', done: 'created', slot: 'incus' },
  'begin-rename': { doing: 'beginning to rename', done: 'rename begun', slot: 'incus' },
  rename: { doing: 'renaming', done: 'renamed', slot: 'incus' },
  'move-profile': { doing: 'moving the profile', done: 'profile moved', slot: 'incus' },
  repair: { doing: 'repairing the container', done: 'container repaired', slot: 'incus' },
  configure: { doing: 'configuring', done: 'configured', slot: 'incus' },
  attach: { doing: 'attaching', done: 'attached', slot: 'incus' },
  detach: { doing: 'detaching', done: 'detached', slot: 'incus' },
  'push-secrets': { doing: 'writing the secrets', done: 'secrets written', slot: 'incus' },
  'revert-secrets': { doing: 'putting back the secrets', done: 'secrets put back', slot: 'incus' },
  'own-secrets': { doing: 'giving the secrets to their users', done: 'secrets given', slot: 'wait' },
  'restart-units': { doing: 'restarting what loads the secrets', done: 'secrets loaded', slot: 'wait' },
  start: { doing: 'starting', done: 'started', slot: 'incus' },
  activate: { doing: 'switching', done: 'switched', slot: 'wait' },
  settle: { doing: 'waiting for the system', done: 'up', slot: 'wait' },
  check: { doing: 'checking health', done: 'healthy', slot: 'wait' },
  expose: { doing: 'exposing', done: 'exposed', slot: 'incus' },
  unexpose: { doing: 'removing the old exposure', done: 'old exposure removed', slot: 'incus' },
  revive: { doing: 'reviving the forwarder', done: 'forwarder revived', slot: 'incus' },
  record: { doing: 'recording', done: 'recorded', slot: 'incus' },
  collect: { doing: 'removing old generations', done: 'old generations removed', slot: 'wait' },
  stop: { doing: 'stopping', done: 'stopped', slot: 'incus' },
  delete: { doing: 'deleting', done: 'deleted', slot: 'incus' },
  'drop-profile': { doing: 'removing the profile', done: 'profile removed', slot: 'incus' },
} as const satisfies Record<ActionKind, Row>;
