/**
 * `npm test`: sets up all that the tests need, then runs the units and the stories, or what it is given: files and
 * options of Jest; `--story` for stories only.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatheredTable } from '../jest/durations.mjs';
import { nextSeed } from '../jest/seed.mjs';
import { JEST } from '../support/places.js';
import { bringUp } from './bench.js';
import { ensureBuilt } from './built.js';
import { removeLeftovers } from './leftovers.js';
import { offlineNixEnv } from './nix.js';
import { handOver, logToStderr, runMain, withLock } from './run.js';

/** Units keep each core busy; stories wait now and then, for Incus and for guests (docs/testing.md). */
const UNITS = ['--selectProjects', 'unit', '--maxWorkers=3'];
const STORIES = ['--selectProjects', 'story', '--maxWorkers=5'];

const jest = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> =>
  handOver(process.execPath, [JEST, ...args], env);

/** Units first: they tell within a minute. The stories run all the same when one of them fails. */
async function everything(env: NodeJS.ProcessEnv): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'pets-times-'));
  const times = join(folder, 'times');
  const all = { ...env, PETS_TEST_TIMES: times };
  try {
    const units = await jest(UNITS, all);
    // Whoever interrupts them wants no stories either.
    const stories = units > 128 ? units : await jest(STORIES, all);
    process.stderr.write(gatheredTable(times));
    return units === 0 ? stories : units;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await runMain(async () => {
  await ensureBuilt();
  const { nixpkgs, socket } = await bringUp(logToStderr);
  // Two runs that begin together would be in each other's way.
  await withLock(logToStderr, () => removeLeftovers(socket, logToStderr));
  const seed = process.env['PETS_TEST_SEED'] ?? String(nextSeed());
  const env = { ...offlineNixEnv(), PETS_BENCH_NIXPKGS: nixpkgs, PETS_TEST_SEED: seed };
  const args = process.argv.slice(2);
  if (args[0] === '--story') return jest([...STORIES, ...args.slice(1)], env);
  return args.length > 0 ? jest(args, env) : everything(env);
});
