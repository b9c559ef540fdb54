/** `npm test`: sets up all that the tests need, then runs Jest with the arguments it was given. */
import { bringUp } from './bench.mjs';
import { ensureBuilt, ensureDeps } from './deps.mjs';
import { offlineNixEnv } from './nix.mjs';
import { handOver, logToStderr, runMain, withLock } from './run.mjs';

await runMain(async () => {
  await withLock(logToStderr, async () => {
    await ensureDeps();
    await ensureBuilt();
  });
  const { nixpkgs } = await bringUp({ log: logToStderr });
  return handOver(
    process.execPath,
    ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', ...process.argv.slice(2)],
    { ...offlineNixEnv(), PETS_BENCH_NIXPKGS: nixpkgs },
  );
});
