import type { Locked } from '../domain/manifest.js';
import { ProblemError } from '../domain/problem.js';

/** A source that Nix has copied to the store: where, and the `sha256-…` of it. */
export type Fetched = { readonly storePath: string; readonly hash: string };

/** The output of `nix flake prefetch --json`. */
export function fetchedFrom(json: string): Fetched {
  const { storePath, hash } = JSON.parse(json) as Partial<Fetched>;
  if (storePath === undefined || hash === undefined)
    throw new ProblemError({
      code: 'nix-failed',
      message: 'nix flake prefetch printed no path in the store',
    });
  return { storePath, hash };
}

type Metadata = {
  readonly url?: string;
  /** With lazy trees what a revision holds is not hashed. */
  readonly locked: { readonly narHash?: string; readonly rev?: string };
};

/**
 * The output of `nix flake metadata --json` as a lock entry. Without a revision the narHash must hold it.
 * `fetch`: for the hash, where Nix has not told it.
 */
export async function lockedFrom(json: string, fetch: (url: string) => Promise<Fetched>): Promise<Locked> {
  const { url, locked } = JSON.parse(json) as Metadata;
  if (url === undefined)
    throw new ProblemError({ code: 'nix-failed', message: 'nix flake metadata printed no locked url' });
  const { rev, narHash = (await fetch(url)).hash } = locked;
  const isHeld = rev !== undefined || url.includes('narHash=');
  const separator = url.includes('?') ? '&' : '?';
  return {
    locked: isHeld ? url : `${url}${separator}narHash=${encodeURIComponent(narHash)}`,
    narHash,
    ...(rev === undefined ? {} : { rev }),
  };
}
