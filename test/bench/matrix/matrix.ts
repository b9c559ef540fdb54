/** `npm run test:matrix [-- column…]`: the tests that meet Incus and Nix, on the versions of other releases of Debian. */
import { nextSeed } from '../../jest/seed.mjs';
import { isWhole } from '../../sample.js';
import { TYPESCRIPT } from '../../support/places.js';
import { BenchError, isMain, logToStderr, runMain } from '../run.js';
import { columns, requireColumn, testsOf } from './columns.js';
import { enter } from './enter.js';
import { prepare } from './place.js';
import { versionsIn } from './root.js';

const seed = Number(process.env['PETS_TEST_SEED'] ?? nextSeed());

/** No units: what they meet is the same everywhere. */
const command = ['node', ...TYPESCRIPT, 'test/bench/test.ts', '--story', ...testsOf(seed, isWhole)];

/** Each column is run, also when another was red. */
async function runColumns(wanted: readonly string[]): Promise<number> {
  const red: string[] = [];
  for (const column of wanted) {
    const folders = await prepare(column, logToStderr);
    const what = `${column} (${await versionsIn(folders.root)})`;
    // Whether it can be entered is found out by doing it: what is missing (namespaces, overlayfs) says so itself.
    if ((await enter(folders, ['true'])) !== 0)
      throw new BenchError(`the root of ${column} cannot be entered on this machine; see above.`);
    logToStderr(`the tests on ${what}…`);
    const code = await enter(folders, command);
    // Whoever interrupts one wants no other.
    if (code > 128) return code;
    if (code !== 0) red.push(what);
  }
  if (red.length > 0) throw new BenchError(`the tests are red on ${red.join(' and on ')}; see above.`);
  return 0;
}

if (isMain(import.meta.filename)) {
  const given = process.argv.slice(2);
  await runMain(() => {
    given.forEach(requireColumn);
    return runColumns(given.length > 0 ? given : columns.slice(0, 1));
  });
}
