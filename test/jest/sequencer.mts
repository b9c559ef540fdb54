/** The order of test files: the longest first, so that no long one is left for the end, when the others are idle. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import type sequencer from '@jest/test-sequencer';
import { DURATIONS, ROOT } from '../support/places.js';

// Its types are those of a CommonJS module, whose default import is another for Node than for TypeScript.
const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer') as typeof sequencer;
type Test = Parameters<InstanceType<typeof Sequencer>['sort']>[0][number];

/** Seconds, as `PETS_TEST_RECORD=1 npm test` writes them. */
const known = JSON.parse(readFileSync(DURATIONS, 'utf8')) as Readonly<Record<string, number>>;

export default class LongestFirst extends Sequencer {
  /** A story that nobody has timed yet may be the longest of all. */
  override sort(tests: Test[]): Test[] {
    const seconds = ({ path }: Test) =>
      known[relative(ROOT, path)] ?? (path.includes('/story/') ? Infinity : 0);
    return [...tests].sort((a, b) => seconds(b) - seconds(a) || (a.path < b.path ? -1 : 1));
  }
}
