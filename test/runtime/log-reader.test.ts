import { expect, test } from '@jest/globals';
import { mergeSorted } from '../../src/runtime/log-reader.js';

const closed: number[][] = [];

async function* source(...items: number[]): AsyncGenerator<number> {
  try {
    for (const item of items) yield await Promise.resolve(item);
  } finally {
    closed.push(items);
  }
}

test('several ordered sources are one', async () => {
  const all: number[] = [];
  for await (const item of mergeSorted([source(1, 4, 9), source(), source(2, 3, 10)], (a, b) => a - b))
    all.push(item);
  expect(all).toEqual([1, 2, 3, 4, 9, 10]);
});

test('whoever stops reading closes all of them', async () => {
  closed.length = 0;
  for await (const item of mergeSorted([source(1, 4), source(2, 3)], (a, b) => a - b)) if (item === 2) break;
  expect(closed).toEqual([
    [1, 4],
    [2, 3],
  ]);
});
