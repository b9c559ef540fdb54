import { join } from 'node:path';
import type { Exec, ExecResult } from '../lib/program.js';
import { fetchedFrom, type Fetched } from './metadata.js';
import { pathUrl } from './url.js';
import { failedEvaluation, hideFolder } from './words.js';

/** What the parts of this room ask Nix with. */
export type Tools = {
  readonly exec: Exec;
  readonly nix: (args: readonly string[]) => Promise<ExecResult>;
  /** `nix flake metadata --json` of a URL. */
  readonly metadata: (url: string, ...more: readonly string[]) => Promise<string>;
  /** Copies what a pinned or local URL stands for to the store. */
  readonly fetch: (url: string) => Promise<Fetched>;
  /** URL of the flake that puts a pet's system together. */
  readonly assembler: string;
  /** Files that are part of no source, see source.ts. */
  readonly ignored: ReadonlySet<string>;
};

/** `assembly`, `ignored`: as `nixOver` has them. */
export function toolsOver(exec: Exec, assembly: string, ignored: ReadonlySet<string>): Tools {
  const assembler = pathUrl(assembly);
  const nix: Tools['nix'] = (args) =>
    exec('nix', ['--extra-experimental-features', 'nix-command flakes', ...args]);
  // Nix resolves a flake's own inputs as well: its nixpkgs is of no interest here, and large.
  const spared = ['--no-write-lock-file', '--override-input', 'nixpkgs', `${assembler}/none`];
  const answer = async (command: string, url: string, options: readonly string[]) => {
    const result = await nix(['flake', command, '--json', ...options, '--', url]);
    const blame = () => ({ code: 'fetch-failed' }) as const;
    if (result.exitCode !== 0)
      throw failedEvaluation(`cannot fetch ${url}`, result, hideFolder(assembly), blame);
    return result.stdout;
  };
  // For a URL that needs no registry as well, Nix before 2.14 would download one.
  const unregistered = ['--option', 'flake-registry', join(assembly, 'no-registry.json')];
  return {
    ...{ exec, nix, assembler, ignored },
    metadata: (url, ...more) => answer('metadata', url, [...spared, ...more]),
    fetch: async (url) => fetchedFrom(await answer('prefetch', url, unregistered)),
  };
}
