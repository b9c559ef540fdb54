import { expect, test } from '@jest/globals';
import { matchApps } from '../../src/plan/match.js';
import { actual, desired } from './worlds.js';

/** `app: the instance that is its own`. */
function matches(want: readonly string[], have: readonly string[]): string[] {
  return [...matchApps(desired(want), actual(have))].map(([app, { name }]) => `${app}: ${name}`);
}

test('an app is the instance of its name, else the one that is about to have it, else its former one', () => {
  expect(matches(['a - was=x'], ['a', 'b - becoming=a', 'x'])).toEqual(['a: a']);
  expect(matches(['a - was=x'], ['b - becoming=a', 'x'])).toEqual(['a: b']);
  expect(matches(['a - was=x'], ['b', 'x'])).toEqual(['a: x']);
  expect(matches(['a - was=x'], ['b'])).toEqual([]);
});

test('no instance is two apps’', () => {
  expect(matches(['a - was=x', 'x'], ['x'])).toEqual(['x: x']);
  expect(matches(['a - was=x', 'b - was=x'], ['x'])).toEqual(['a: x']);
  expect(matches(['a', 'x'], ['x - becoming=a'])).toEqual(['x: x']);
  expect(matches(['a - was=x', 'b'], ['x - becoming=b'])).toEqual(['b: x']);
});
