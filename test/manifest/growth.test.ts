// First: what is loaded after it is counted.
import { steepParts } from '../work.js';
import { expect, test } from '@jest/globals';
import { findDuplicates } from '../../src/manifest/keys/exposures.js';
import { TOO_MUCH, apart, apps, inCycle, inRow, onOne } from './many.js';
import { problemsIn } from './reading.js';

// All in one file: from the first time that steps are counted on, all else in the process is slow.

const readingOf = (textOf: (count: number) => string) => (count: number) => {
  const text = textOf(count);
  return () => problemsIn(text);
};

/** How many times the work: what an app mounts is compared with all else that it mounts. */
const TIMES: Readonly<Record<string, number>> = { binds: 4.5 };

// Eighty are more than what is allowed or suggested: nothing else begins at twice as many.
test.each(TOO_MUCH)('twice as much of %s is no more than what it should be', (what, textOf) => {
  expect(steepParts(80, readingOf(textOf), TIMES[what])).toEqual([]);
});

test.each<[string, (i: number) => string]>([
  ['read', (i) => `flake-ref = "."\nport = ${i + 1}`],
  ['reported', () => 'flake-ref = "."\nport = 80'],
])('twice as many apps are %s with twice the work', (_, table) => {
  const reading = readingOf((count) => apps(count, table));
  expect(steepParts(100, reading)).toEqual([]);
});

test.each([
  ['in a cycle', inCycle],
  ['in a row', inRow],
])('twice as many apps %s are twice the work', (_, textOf) => {
  expect(steepParts(100, readingOf(textOf))).toEqual([]);
});

test.each([
  ['on addresses of their own', apart],
  ['on one address', onOne],
])('twice as many %s are compared with twice the work', (_, exposedOf) => {
  const steep = steepParts(500, (count) => {
    const exposed = exposedOf(count);
    return () => findDuplicates(exposed, () => undefined);
  });
  expect(steep).toEqual([]);
});
