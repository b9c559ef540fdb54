import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Evaluated, Exec, Nix } from '../ports.js';
import { ProblemError } from '../problem.js';
import { inputsOf } from './inputs.js';
import { failedBuild, failedEvaluation, lockedFrom } from './words.js';

/**
 * `assembly`: the directory of the shipped flake that puts a pet's system together.
 * `ignored`: files that are part of no source, see source.ts.
 */
export function nixOver(exec: Exec, assembly: string, ignored: ReadonlySet<string>): Nix {
  const nix = (args: readonly string[]) =>
    exec('nix', ['--extra-experimental-features', 'nix-command flakes', ...args]);
  // Nix resolves a flake's own inputs as well: its nixpkgs is of no interest here, and large.
  const spared = ['--no-write-lock-file', '--override-input', 'nixpkgs', `path:${encodeURI(assembly)}/none`];
  const metadata = async (url: string, ...more: readonly string[]) => {
    const result = await nix(['flake', 'metadata', '--json', ...spared, ...more, url]);
    if (result.exitCode !== 0) throw failedEvaluation(`cannot fetch ${url}`, result, assembly);
    return result.stdout;
  };
  const builds = new Map<string, Promise<unknown>>();

  return {
    lock: async (url) => lockedFrom(await metadata(url, '--refresh')),

    evaluate: async (app, pins) => {
      const work = await makeWorkFolder();
      try {
        const inputs = await inputsOf({ app, pins, work, ignored, exec, metadata });
        const result = await nix([
          ...['eval', '--json', '--no-write-lock-file', `path:${encodeURI(assembly)}#toplevel`],
          ...['--apply', 'system: { drv = system.drvPath; toplevel = system.outPath; }'],
          ...Object.entries(inputs).flatMap(([input, url]) => ['--override-input', input, url]),
        ]);
        if (result.exitCode !== 0) {
          throw failedEvaluation(`\`${app.source.ref.written}\` does not evaluate`, result, work);
        }
        return JSON.parse(result.stdout) as Evaluated;
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },

    build: async (app, { drv }, onLine) => {
      const realise = async () => {
        const result = await exec('nix-store', ['--realise', drv], { onLine });
        if (result.exitCode !== 0) throw failedBuild(result);
      };
      // Apps of one source share derivations, and Nix looks at another process' lock every 5 s only.
      const source = app.facets.system?.['source'] ?? '';
      const build = (builds.get(source) ?? Promise.resolve()).then(realise);
      builds.set(
        source,
        build.catch(() => undefined),
      );
      await build;
    },
  };
}

/** Nix takes the folder as a URL, and before 2.18 none that needs escaping. */
async function makeWorkFolder(): Promise<string> {
  const parent = /^[\w./-]+$/.test(tmpdir()) ? tmpdir() : '/tmp';
  try {
    return await mkdtemp(join(parent, 'pets-'));
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new ProblemError({
      message: `cannot make a temporary folder: ${words}`,
      hint: 'see TMPDIR and the disk',
    });
  }
}
