import { join } from 'node:path';
import type { Exec, ExecResult } from '../lib/program.js';
import { ProblemError } from '../domain/problem.js';
import { fetchedFrom, type Fetched } from './metadata.js';
import { pathUrl } from './url.js';
import { failedEvaluation, hideFolder } from './words.js';

/** What the parts of this room ask Nix with. */
export type Tools = {
  readonly exec: Exec;
  readonly nix: (args: readonly string[]) => Promise<ExecResult>;
  /** `nix flake metadata --json` of a URL, as it is now: from what Nix had of it before it may not answer. */
  readonly metadata: (url: string) => Promise<string>;
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
    return result;
  };
  const told = async (command: string, url: string, options: readonly string[]) =>
    (await answer(command, url, options)).stdout;
  // For a URL that needs no registry as well, Nix before 2.14 would download one.
  const unregistered = ['--option', 'flake-registry', join(assembly, 'no-registry.json')];
  return {
    ...{ exec, nix, assembler, ignored },
    metadata: async (url) => {
      const { stdout, stderr } = await answer('metadata', url, [...spared, '--refresh']);
      const [stale] = /^.*(?:could not update local clone|; using cached version).*$/m.exec(stderr) ?? [];
      if (stale === undefined) return stdout;
      throw new ProblemError({
        code: 'fetch-failed',
        message: `cannot fetch ${url}: ${stale.replace(/^warning: /, '').trim()}`,
        hint: 'what Nix has of it from before is not what it is now, and was not taken for that',
      });
    },
    fetch: async (url) => fetchedFrom(await told('prefetch', url, unregistered)),
  };
}
