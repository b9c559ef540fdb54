import { expect, test } from '@jest/globals';
import {
  countBytes,
  paceTelling,
  TELL_MS,
  whileFilling,
  type Amount,
  type HowFar,
} from '../../src/lib/progress.js';

async function* pieces(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield await Promise.resolve(new Uint8Array(size));
}

test('nothing is said of what takes less than a second, and no more than once in each', () => {
  let now = 0;
  const told: (HowFar | null)[] = [];
  const tell = paceTelling(
    (far) => told.push(far),
    () => now,
  );
  for (const at of [0, 400, 999]) {
    now = at;
    tell({ what: 'data', done: at, total: null });
  }
  expect(told).toEqual([]);
  for (now = TELL_MS; now < 4 * TELL_MS; now += 100) tell({ what: 'data', done: now, total: 9000 });
  expect(told.map((far) => far && [far.done, far.ms])).toEqual([
    [1000, 1000],
    [2000, 2000],
    [3000, 3000],
  ]);
  tell(null);
  tell({ what: 'logs', done: 1, total: null });
  expect(told.at(-1)).toBeNull();
});

test('bytes go by as they are, and are counted; an end is told however it comes', async () => {
  const told: (Amount | null)[] = [];
  const sizes: number[] = [];
  for await (const piece of countBytes(pieces(3, 4), 'data', 7, (amount) => told.push(amount)))
    sizes.push(piece.length);
  expect(sizes).toEqual([3, 4]);
  const whole = { what: 'data', total: 7 };
  expect(told).toEqual([{ ...whole, done: 3 }, { ...whole, done: 7 }, null]);
  for await (const piece of countBytes(pieces(1, 1), 'data', 2, (amount) => told.push(amount)))
    if (piece.length === 1) break;
  expect(told.at(-1)).toBeNull();
});

test('a pool that fills is told by how much; one that cannot be looked at is not', async () => {
  const told: (Amount | null)[] = [];
  const left = [100, 130, 90];
  const free = () => Promise.resolve(left.shift() ?? 0);
  const work = () => new Promise((resolve) => setTimeout(resolve, 0, 'made'));
  const tell = (amount: Amount | null) => void told.push(amount);
  expect(await whileFilling({ what: 'data', free, tell }, work)).toBe('made');
  expect(told).toEqual([{ what: 'data', done: 0, total: null }, null]);
  const broken = () => {
    throw new Error('no daemon');
  };
  expect(await whileFilling({ what: 'data', free: broken, tell }, work)).toBe('made');
  expect(told.slice(2)).toEqual([null]);
});
