/** The order of test files: the longest first, so that no long one is left for the end, when the others are idle. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

// Its types are those of a CommonJS module, whose default import is another for Node than for TypeScript.
const { default: TestSequencer } = createRequire(import.meta.url)('@jest/test-sequencer');
const root = fileURLToPath(new URL('../..', import.meta.url));
const file = fileURLToPath(new URL('durations.json', import.meta.url));

/** @type {Record<string, number>} seconds, as `PETS_TEST_RECORD=1 npm test` writes them */
const known = JSON.parse(readFileSync(file, 'utf8'));

export default class LongestFirst extends TestSequencer {
  /**
   * A story that nobody has timed yet may be the longest of all.
   * @param {{ path: string }[]} tests
   * @returns {{ path: string }[]}
   */
  sort(tests) {
    const seconds = (/** @type {{ path: string }} */ { path }) =>
      known[relative(root, path)] ?? (path.includes('/story/') ? Infinity : 0);
    return [...tests].sort((a, b) => seconds(b) - seconds(a) || (a.path < b.path ? -1 : 1));
  }
}
