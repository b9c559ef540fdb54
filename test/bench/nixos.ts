/**
 * `npm run test:nixos -- --nixpkgs <flake-ref>`: the examples, the contract and upgrades that fail, with systems of a
 * nixpkgs that has a binary cache, on the machine's own Incus and Nix.
 */
import { parseArgs } from 'node:util';
import { JEST } from '../support/places.js';
import { bringUpMachine } from './bench.js';
import { ensureBuilt } from './built.js';
import { removeLeftovers } from './leftovers.js';
import { cachedNixEnv } from './nix.js';
import { factsOf, pinOf, summaryOf, type Result } from './nixos-facts.js';
import { BenchError, handOver, isInstalled, isRoot, logToStderr as log, runMain } from './run.js';

/** Parts of the run by what they show. One after the other: each evaluation of nixpkgs wants a gigabyte. */
const stories = {
  'the examples come up and answer': 'test/story/examples.test.ts',
  "the contract of an app's flake": 'test/story/contract.test.ts',
  'upgrades that fail, taken back with their data': 'test/story/upgrade.test.ts',
};

/** What of every system has to be fetched: stories have limits of time, and this has none. */
const bare = `{ nixpkgs }:
  let
    flake = builtins.getFlake nixpkgs;
    system = builtins.currentSystem;
    pet = { boot.isContainer = true; system.stateVersion = "25.05"; };
  in
  [ (flake.lib.nixosSystem { inherit system; modules = [ pet ]; }).config.system.build.toplevel
    flake.legacyPackages.\${system}.busybox ]`;

/** What `--nixpkgs` names. */
function readFlags(): string {
  const usage = 'usage: npm run test:nixos -- --nixpkgs <flake-ref>, as in github:nixos/nixpkgs/nixos-25.11';
  try {
    const { nixpkgs } = parseArgs({ options: { nixpkgs: { type: 'string' } } }).values;
    if (nixpkgs !== undefined && nixpkgs !== '') return nixpkgs;
  } catch {
    // What is wrong with them, the usage tells as well.
  }
  throw new BenchError(usage);
}

/** The daemon's socket. */
async function prepare(): Promise<string> {
  if (!isRoot()) throw new BenchError('the stories write generations below /nix/var: run this as root.');
  for (const tool of ['git', 'script'])
    if (!isInstalled(tool)) throw new BenchError(`the stories need \`${tool}\`, which is not installed.`);
  await ensureBuilt();
  const socket = await bringUpMachine(log);
  await removeLeftovers(socket, log);
  return socket;
}

async function runParts(ref: string, env: NodeJS.ProcessEnv): Promise<Result[]> {
  log(`fetching and building a bare system of ${ref}…`);
  const args = ['build', '--no-link', '--impure', '--argstr', 'nixpkgs', ref, '--expr', bare];
  const built = await handOver('nix', args, env);
  const results: Result[] = [{ what: 'a bare system builds', code: built }];
  // Nothing that is built from it can be better.
  if (built !== 0) return results;
  for (const [what, file] of Object.entries(stories)) {
    const jest = [JEST, '--selectProjects', 'story', '--maxWorkers=1', file];
    const code = await handOver(process.execPath, jest, { ...env, PETS_BENCH_NIXPKGS: ref });
    results.push({ what, code });
    // Somebody has interrupted it.
    if (code > 128) break;
  }
  return results;
}

await runMain(async () => {
  const nixpkgs = readFlags();
  const socket = await prepare();
  const env = cachedNixEnv();
  const ref = await pinOf(nixpkgs, env);
  const facts = await factsOf({ nixpkgs, ref, socket, env });
  const results = await runParts(ref, env);
  process.stdout.write(summaryOf(facts, results));
  return results.every(({ code }) => code === 0) ? 0 : 1;
});
