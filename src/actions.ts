import type { Exposure, Facets, Listen } from './model.js';

/** The system that an operation is about: the one this run builds, or the one last applied. */
export type SystemRef =
  | { readonly kind: 'built' }
  | { readonly kind: 'applied'; readonly toplevel: string; readonly generation: number };

/**
 * Every kind of operation with what it needs. Adding one: a member here, its row in `ACTIONS`,
 * and the compiler names the place in `apply/perform.ts`.
 */
export type Action =
  /** Pin the app's remote flake-refs that `pets.lock` does not have yet. */
  | { readonly kind: 'lock'; readonly urls: readonly string[] }
  /** Evaluate the system to a derivation. */
  | { readonly kind: 'evaluate' }
  /** Build the evaluated derivation. */
  | { readonly kind: 'build' }
  /** Make the built system the newest generation of the pet's profile: it is what boots, and what GC keeps. */
  | { readonly kind: 'set-profile' }
  | { readonly kind: 'create' }
  /** Give the container back the config and devices that it was made with. */
  | { readonly kind: 'repair' }
  | { readonly kind: 'start'; readonly from: 'Stopped' | 'Frozen' }
  /** Switch the running guest to the built system. */
  | { readonly kind: 'activate' }
  /** Wait until the guest has booted and runs the system it should, with no failed unit. */
  | { readonly kind: 'settle'; readonly system: SystemRef }
  /**
   * Add a proxy device. `fallback`: the exposure taken away before, restored should this fail.
   */
  | {
      readonly kind: 'expose';
      readonly device: string;
      readonly listen: Listen;
      readonly fallback: Exposure | null;
    }
  | { readonly kind: 'unexpose'; readonly device: string; readonly raw: string }
  /** Nothing listens although the device is there: make Incus start its forwarder again. */
  | { readonly kind: 'revive'; readonly device: string; readonly listen: Listen }
  /** Record what was applied: the pet is whole. */
  | { readonly kind: 'record'; readonly facets: Facets; readonly system: SystemRef }
  | { readonly kind: 'stop' }
  | { readonly kind: 'delete' }
  /** Remove the pet's profile, and with it its generations. */
  | { readonly kind: 'drop-profile' };

export type ActionKind = Action['kind'];

/** Which limit an operation counts against; `wait` holds no slot. */
export type Slot = 'evaluate' | 'build' | 'incus' | 'wait';

type Row = { readonly doing: string; readonly done: string; readonly slot: Slot };

export const ACTIONS = {
  lock: { doing: 'locking', done: 'locked', slot: 'evaluate' },
  evaluate: { doing: 'evaluating', done: 'evaluated', slot: 'evaluate' },
  build: { doing: 'building', done: 'built', slot: 'build' },
  'set-profile': { doing: 'setting the profile', done: 'profile set', slot: 'incus' },
  create: { doing: 'creating', done: 'created', slot: 'incus' },
  repair: { doing: 'repairing the container', done: 'container repaired', slot: 'incus' },
  start: { doing: 'starting', done: 'started', slot: 'incus' },
  activate: { doing: 'switching', done: 'switched', slot: 'wait' },
  settle: { doing: 'waiting for the system', done: 'up', slot: 'wait' },
  expose: { doing: 'exposing', done: 'exposed', slot: 'incus' },
  unexpose: { doing: 'removing the old exposure', done: 'old exposure removed', slot: 'incus' },
  revive: { doing: 'reviving the forwarder', done: 'forwarder revived', slot: 'incus' },
  record: { doing: 'recording', done: 'recorded', slot: 'incus' },
  stop: { doing: 'stopping', done: 'stopped', slot: 'incus' },
  delete: { doing: 'deleting', done: 'deleted', slot: 'incus' },
  'drop-profile': { doing: 'removing the profile', done: 'profile removed', slot: 'incus' },
} as const satisfies Record<ActionKind, Row>;
