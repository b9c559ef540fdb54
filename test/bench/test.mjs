/**
 * `npm test`: sets up all that the tests need, then runs the units and the stories, or what it is given: files and
 * options of Jest; `--story` for stories only.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatheredTable } from '../jest/durations.mjs';
import { nextSeed } from '../jest/seed.mjs';
import { bringUp } from './bench.mjs';
import { ensureBuilt, ensureDeps } from './deps.mjs';
import { removeLeftovers } from './leftovers.mjs';
import { offlineNixEnv } from './nix.mjs';
import { handOver, logToStderr, runMain, withLock } from './run.mjs';

/** Units keep each core busy; stories wait most of the time, for Incus and for guests (docs/testing.md). */
const UNITS = ['--selectProjects', 'unit', '--maxWorkers=100%'];
const STORIES = ['--selectProjects', 'story', '--maxWorkers=4'];

/**
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
const jest = (args, env) => handOver(process.execPath, ['node_modules/jest/bin/jest.js', ...args], env);

/**
 * Units first: they tell within a minute. The stories run all the same when one of them fails.
 * @param {Record<string, string>} env
 */
async function everything(env) {
  const folder = mkdtempSync(join(tmpdir(), 'pets-times-'));
  const times = join(folder, 'times');
  const all = {
    ...env,
    PETS_TEST_TIMES: times,
    PETS_TEST_SEED: process.env.PETS_TEST_SEED ?? String(nextSeed()),
  };
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
  await withLock(logToStderr, async () => {
    await ensureDeps();
    await ensureBuilt();
  });
  const { nixpkgs, socket } = await bringUp({ log: logToStderr });
  await removeLeftovers(socket, logToStderr);
  const env = { ...offlineNixEnv(), PETS_BENCH_NIXPKGS: nixpkgs };
  const args = process.argv.slice(2);
  if (args[0] === '--story') return jest([...STORIES, ...args.slice(1)], env);
  return args.length > 0 ? jest(args, env) : everything(env);
});
