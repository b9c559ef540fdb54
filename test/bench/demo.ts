/** `npm run demo`: brings up what is needed and runs `pets up` on examples/. */
import { join } from 'node:path';
import { ROOT } from '../support/places.js';
import { bringUp, bringUpMachine } from './bench.js';
import { ensureBuilt } from './built.js';
import { nixpkgsRef, writeDemoLock } from './demo-lock.js';
import { isBenchNix, offlineNixEnv, tryNix } from './nix.js';
import { handOver, logToStderr as log, runMain } from './run.js';

const manifest = 'examples/pets.toml';

/** The environment for pets. */
async function prepareNixpkgs(): Promise<NodeJS.ProcessEnv> {
  await bringUpMachine(log);
  if (!isBenchNix() && (await canFetchNixpkgs())) return {};
  log(`${nixpkgsRef} is not to be had here: the demo uses the stand-in nixpkgs (see test/bench/nixpkgs).`);
  const { nixpkgs } = await bringUp(log);
  await writeDemoLock(join(ROOT, 'examples/pets.lock'), nixpkgs);
  return offlineNixEnv();
}

async function canFetchNixpkgs(): Promise<boolean> {
  log(`asking nix for ${nixpkgsRef} (at most 20 s)…`);
  const { code } = await tryNix(['flake', 'metadata', '--json', nixpkgsRef], 20_000);
  return code === 0;
}

function printNextSteps(): void {
  const pets = 'node dist/pets.cjs';
  const steps = [
    [`${pets} ps -f ${manifest}`, 'what runs'],
    [`${pets} diff -f ${manifest}`, 'what `up` would do now'],
    [`${pets} down -f ${manifest}`, 'stop and remove the containers, with what is on their disks'],
    ['npm run bench:down', 'stop the Incus daemon, if the demo started it'],
  ] as const;
  process.stderr.write('\nNext:\n');
  for (const [command, what] of steps) process.stderr.write(`  ${command.padEnd(46)} # ${what}\n`);
}

await runMain(async () => {
  await ensureBuilt();
  const env = await prepareNixpkgs();
  const code = await handOver(process.execPath, ['dist/pets.cjs', 'up', '-f', manifest, '--yes'], env);
  printNextSteps();
  return code;
});
