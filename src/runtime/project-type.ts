import type { FlakeRef, Lock, Manifest, Notify } from '../domain/manifest.js';
import type { KeyPath, Problem } from '../domain/problem.js';
import type { SecretStore } from '../state/secrets/vault.js';

/** A manifest, read and checked: one on disk, or what `pets deploy` goes by. */
export type Project = {
  readonly manifest: Manifest;
  /** Of apps that do not say; null: the usual one. */
  readonly nixpkgs: FlakeRef | null;
  readonly lock: Lock;
  /** Null: nobody is told. */
  readonly notify: Notify | null;
  /** The manifest, absolute and real; null: it was read from standard input, or there is none. */
  readonly path: string | null;
  /** Null: nothing is pinned for later. */
  readonly lockPath: string | null;
  /** Absolute real paths of the manifest, its lock and plain secrets: never part of an app's source, and so in no store. */
  readonly ownFiles: ReadonlySet<string>;
  /** Not read yet. */
  readonly secrets: SecretStore;
  readonly locate: (path: KeyPath) => Pick<Problem, 'place' | 'excerpt'>;
};

/** Whose alerts are kept, and whom the manifest names. */
export type Teller = Pick<Project, 'notify' | 'path'> & { readonly manifest: Pick<Manifest, 'project'> };
