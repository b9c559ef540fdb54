import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from '../domain/desired.js';
import { parameterOf } from './url.js';

/** The manifest's own Nix files, in the request. */
export const FILES = 'manifest-files';

/** A source that Nix has copied to the store. */
export type Copied = {
  /** What it has copied; `mark`: a file in it that tells it from others. */
  readonly folder: string;
  readonly mark: string;
  /** What that is a copy of. */
  readonly original: string;
};

/** `staged`: where a folder was copied for Nix to see. */
export function copiedFrom(source: Source, staged: string): Copied[] {
  if (source.kind !== 'local' || source.ref.directory === undefined) return [];
  const { url, directory: original } = source.ref;
  if (!url.startsWith('git+file:')) return [{ folder: staged, mark: 'flake.nix', original }];
  return [{ folder: original, mark: join(parameterOf(url, 'dir') ?? '', 'flake.nix'), original }];
}

const STORE_PATH = /\/nix\/store\/[0-9a-z]{32}-[\w+.?=-]+/g;

/** Nix' words with sources by their own names, not by those of copies that nobody knows. */
export function placer(copied: readonly Copied[]): (words: string) => string {
  const known = new Map<string, string>();
  const nameOf = (path: string): string => {
    const name = known.get(path) ?? copied.find((one) => isCopy(path, one))?.original ?? path;
    known.set(path, name);
    return name;
  };
  return (words) => words.replace(STORE_PATH, nameOf);
}

export function isCopy(path: string, { folder, mark }: Copied): boolean {
  try {
    return readFileSync(join(path, mark)).equals(readFileSync(join(folder, mark)));
  } catch {
    // It is something else, or Nix has copied nothing.
    return false;
  }
}

/** Nix' words with the manifest's own files where they are: it has seen their copies, in the store or on the way there. */
export function showPlaces(words: string, work: string, root: string): string {
  const copies = new RegExp(`(?:/nix/store/[0-9a-z]{32}-[^/\\s]*|${work}/request)/${FILES}/`, 'g');
  return words.replace(copies, () => `${root}/`);
}
