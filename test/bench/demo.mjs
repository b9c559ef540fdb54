/** `npm run demo`: brings up what is needed and runs `pets up` on examples/. */
import { join } from 'node:path';
import { bringUp, bringUpMachine } from './bench.mjs';
import { ensureBuilt, ensureDeps } from './deps.mjs';
import { nixpkgsRef, writeDemoLock } from './demo-lock.mjs';
import { isBenchNix, offlineNixEnv, tryNix } from './nix.mjs';
import { handOver, logToStderr as log, repository, runMain, withLock } from './run.mjs';

const manifest = 'examples/pets.toml';

/** @returns {Promise<Record<string, string>>} the environment for pets */
async function prepareNixpkgs() {
  await bringUpMachine({ log });
  if (!isBenchNix() && (await canFetchNixpkgs())) return {};
  log(`${nixpkgsRef} is not to be had here: the demo uses the stand-in nixpkgs (see test/bench/nixpkgs).`);
  const { nixpkgs } = await bringUp({ log });
  await writeDemoLock(join(repository, 'examples/pets.lock'), nixpkgs);
  return offlineNixEnv();
}

async function canFetchNixpkgs() {
  log(`asking nix for ${nixpkgsRef} (at most 20 s)…`);
  const { code } = await tryNix(['flake', 'metadata', '--json', nixpkgsRef], { timeout: 20_000 });
  return code === 0;
}

function printNextSteps() {
  const pets = `node dist/pets.mjs`;
  /** @type {[command: string, what: string][]} */
  const steps = [
    [`${pets} ps -f ${manifest}`, 'what runs'],
    [`${pets} diff -f ${manifest}`, 'what `up` would do now'],
    [`${pets} down -f ${manifest}`, 'stop and remove the containers, with what is on their disks'],
    ['npm run bench:down', 'stop the Incus daemon, if the demo started it'],
  ];
  process.stderr.write('\nNext:\n');
  for (const [command, what] of steps) process.stderr.write(`  ${command.padEnd(46)} # ${what}\n`);
}

await runMain(async () => {
  await withLock(log, async () => {
    await ensureDeps();
    await ensureBuilt();
  });
  const env = await prepareNixpkgs();
  const code = await handOver(process.execPath, ['dist/pets.mjs', 'up', '-f', manifest, '--yes'], env);
  printNextSteps();
  return code;
});
