import { expect, test } from '@jest/globals';
import { until } from './wait.js';

test('what is asked is asked again until there is an answer', async () => {
  const answers = [false, null, undefined, 0];
  expect(await until(() => answers.shift(), { what: 'nothing came', everyMs: 1 })).toBe(0);
  expect(answers).toEqual([]);
});

test('what never comes is told, in words that may be made then', async () => {
  let asked = 0;
  const never = () => {
    asked++;
    return false;
  };
  const what = () => `asked ${asked} times`;
  await expect(until(never, { what, everyMs: 1, withinMs: -1 })).rejects.toThrow('asked 1 times');
});
