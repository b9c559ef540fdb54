import type { Manifest } from '../domain/manifest.js';
import type { Exec } from '../lib/program.js';
import { problemOf, type Problem } from '../domain/problem.js';

/** What the checks may ask. Nothing here changes anything, and each answer has its limit of time. */
export type World = {
  /** The daemon's answer to a GET, null where there is no such thing. Rejects with a ProblemError. */
  readonly ask: (path: string) => Promise<unknown>;
  /** Ends a program that takes too long. */
  readonly exec: Exec;
  readonly socket: string;
  readonly manifest: ManifestFound;
  /** The folders that `up` writes in. They may not be there yet. */
  readonly folders: { readonly profiles: string; readonly state: string };
  /** The exposures of the pets that run: of the manifest's project, or without a manifest of all. */
  readonly forwarders: () => Promise<readonly Forwarder[]>;
};

export type ManifestFound =
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'invalid'; readonly why: string; readonly fix: string }
  | { readonly kind: 'read'; readonly manifest: Pick<Manifest, 'project' | 'apps'> };

/** `listens`: as in `formatBinding`. `isAlive`: something listens there. */
export type Forwarder = {
  readonly project: string;
  readonly app: string;
  readonly listens: string;
  readonly isAlive: boolean;
};

/** What was asked for, or why it was not to be had: for the one check whose subject that is. */
export async function orProblem<T>(asked: Promise<T>): Promise<T | { readonly problem: Problem }> {
  try {
    return await asked;
  } catch (error) {
    return { problem: problemOf(error) };
  }
}
