/**
 * Which test files a run has, and their order: the longest first, so that no long one is left for the end, when the
 * others are idle.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import type sequencer from '@jest/test-sequencer';
import { sampleOf } from '../sample.js';
import { DURATIONS, ROOT } from '../support/places.js';
import { leftOf } from './shares.js';

// Its types are those of a CommonJS module, whose default import is another for Node than for TypeScript.
const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer') as typeof sequencer;
type Test = Parameters<InstanceType<typeof Sequencer>['sort']>[0][number];

/** Seconds, as `PETS_TEST_RECORD=1 npm test` writes them. */
const known = JSON.parse(readFileSync(DURATIONS, 'utf8')) as Readonly<Record<string, number>>;

export default class LongestFirst extends Sequencer {
  readonly #isNamed: boolean;

  constructor(options: ConstructorParameters<typeof Sequencer>[0]) {
    super(options);
    this.#isNamed = options.globalConfig.nonFlagArgs.length > 0;
  }

  /** Files that are asked for by their names all run. */
  override sort(tests: Test[]): Test[] {
    const sorted = [...tests].sort((a, b) => secondsOf(b) - secondsOf(a) || (a.path < b.path ? -1 : 1));
    const left = this.#isNamed ? [] : leftOf(sorted.flatMap(storyOf), sampleOf);
    if (left.length > 0) process.stderr.write(`left to the next runs: ${[...left].sort().join(', ')}\n`);
    return sorted.filter((test) => !storyOf(test).some((story) => left.includes(story)));
  }
}

function storyOf({ path }: Test): string[] {
  return /\/story\/(.*)\.test\.ts$/.exec(path)?.slice(1) ?? [];
}

/** A story that nobody has timed yet may be the longest of all. */
function secondsOf({ path }: Test): number {
  return known[relative(ROOT, path)] ?? (path.includes('/story/') ? Infinity : 0);
}
