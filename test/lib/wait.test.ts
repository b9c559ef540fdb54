import { expect, test } from '@jest/globals';
import { endsWithin, poll, retry, sleep } from '../../src/lib/wait.js';

const never = new Promise<never>(() => undefined);
const noPause = { everyMs: 0 };

test('a sleep ends when it is told to, also before it began', async () => {
  const stop = new AbortController();
  const asleep = sleep(3_600_000, stop.signal);
  stop.abort();
  await asleep;
  await sleep(3_600_000, stop.signal);
});

test('what ends is told from what does not, whichever way it ends', async () => {
  expect(await endsWithin(Promise.resolve(), 60_000)).toBe(true);
  expect(await endsWithin(Promise.reject(new Error('no')), 60_000)).toBe(true);
  expect(await endsWithin(never, 0)).toBe(false);
});

test('a poll ends with what is wanted, or with what was seen last', async () => {
  let n = 0;
  const count = () => ++n;
  expect(await poll(count, (seen) => seen === 3, { ...noPause, attempts: 5 })).toBe(3);
  expect(await poll(count, () => false, { ...noPause, attempts: 2 })).toBe(5);
  expect(await poll(count, () => false, { ...noPause, deadline: 0 })).toBe(6);
});

test('what may pass is tried again, so many times; all else is not', async () => {
  let n = 0;
  const fail = () => Promise.reject(new Error(String(++n)));
  await expect(retry(fail, () => true, { attempts: 3 })).rejects.toThrow('3');
  await expect(retry(fail, () => false, { attempts: 3 })).rejects.toThrow('4');
  await expect(retry(fail, () => true, { deadline: 0, pauseMs: 1, longestMs: 2 })).rejects.toThrow('5');
  expect(
    await retry(
      () => (++n < 8 ? fail() : Promise.resolve(n)),
      () => true,
      { attempts: 9 },
    ),
  ).toBe(8);
});
