import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/places.js';
import { leftOf, SUBJECTS, VARIANTS } from './shares.js';

const stories = readdirSync(join(ROOT, 'test/story'))
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => name.slice(0, -'.test.ts'.length));

/** What runs with this seed. */
function runsWith(seed: number): string[] {
  const left = leftOf(stories, (all, parts) => all.filter((_, n) => n % parts === seed % parts));
  return stories.filter((story) => !left.includes(story));
}

test('each story runs within four runs, many of them in each', () => {
  const runs = [1, 2, 3, 4].map(runsWith);
  expect(new Set(runs.flat()).size).toBe(stories.length);
  const always = stories.filter((story) => runs.every((run) => run.includes(story)));
  expect(always).toEqual(
    expect.arrayContaining(['everyday', 'upgrade', 'health', 'secrets', 'exposure', 'restore']),
  );
  for (const run of runs) expect(run.length).toBeLessThan(stories.length);
});

test('a story that nobody has put anywhere runs each time', () => {
  for (const all of [[], ['new'], ['new', 'other-new']]) expect(leftOf(all, () => [])).toEqual([]);
  expect(leftOf(['new', 'crash-new', 'secrets-new'], () => [])).toEqual(['crash-new', 'secrets-new']);
});

test('those that are named are there', () => {
  expect([...VARIANTS, ...SUBJECTS].filter((story) => !stories.includes(story))).toEqual([]);
});
