import { describe, expect, test } from '@jest/globals';
import { addTry, isHealthy, NO_TRIES, type Row } from '../../src/guest/row.js';
import { unitsIn, type Unit } from '../../src/guest/units.js';
import type { ProbeResult } from '../../src/guest/verdict.js';

/** `0/7`: web.service in this run; `young …`: for a short time; `closed 1`: wrong, after so many restarts of it; `nobody`. */
function rowOf(tries: readonly string[]): Row {
  return tries.map(verdictOf).reduce(addTry, NO_TRIES);
}

function verdictOf(words: string): ProbeResult {
  if (words === 'nobody') return { note: 'well', runs: new Map(), age: 'unknown', about: [], units: [] };
  const [run] = /\d+\/\d+$/.exec(words) ?? [];
  if (run === undefined) return { ill: words, units: unitsAt(/\d+$/.exec(words)?.[0]) };
  const runs = new Map([['web.service', run]]);
  return {
    note: 'well',
    runs,
    age: words.startsWith('young') ? 'young' : 'old',
    about: ['web.service'],
    units: unitsAt(run),
  };
}

function unitsAt(run: string | undefined): Unit[] {
  return run === undefined ? [] : unitsIn(`Id=web.service\nNRestarts=${Number.parseInt(run)}\n`);
}

const last = (tries: readonly string[], isLast = false) => isHealthy(rowOf(tries), 2, isLast);

describe('an app is healthy', () => {
  test('after enough good tries in a row', () => {
    expect(last(['0/7'])).toBe(false);
    expect(last(['0/7', '0/7'])).toBe(true);
    expect(last(['0/7', 'closed', '0/7'])).toBe(false);
    expect(last(['0/7', 'closed', '0/7', '0/7'])).toBe(true);
  });

  test('not before what answers has run for a while', () => {
    expect(last(['young 0/7', 'young 0/7', 'young 0/7'])).toBe(false);
    expect(last(['young 0/7', 'young 0/7', '0/7'])).toBe(true);
  });

  test('not where it was restarted between two of them, whoever did so, and whatever was seen in between', () => {
    expect(rowOf(['0/7', '1/8'])).toMatchObject({ length: 0, ill: { ill: 'web.service was restarted' } });
    expect(rowOf(['0/7', '0/8'])).toMatchObject({ length: 0, ill: { unit: 'web.service' } });
    expect(rowOf(['0/7', 'closed', '1/8'])).toMatchObject({ length: 0, hasRestarted: true });
    expect(last(['0/7', '1/8', '1/8', '1/8'])).toBe(true);
  });

  test('not where who answered is gone, although somebody did', () => {
    expect(last(['young 0/7', 'nobody', 'nobody'])).toBe(false);
    expect(last(['nobody', 'nobody'])).toBe(true);
  });

  test('when the time is up, young as it may be, unless it was seen to end', () => {
    expect(last(['young 0/7', 'young 0/7'], true)).toBe(true);
    expect(last(['young 0/7', 'young 1/8', 'young 1/8', 'young 1/8'], true)).toBe(false);
    expect(last(['young 0/7'], true)).toBe(false);
    expect(last(['closed 0', 'young 1/8', 'young 1/8'], true)).toBe(false);
    expect(last(['closed 2', 'young 2/8', 'young 2/8'], true)).toBe(true);
    expect(last(['closed 0', '1/8', '1/8'], true)).toBe(true);
  });
});

test('what ever answered is remembered', () => {
  expect([...rowOf(['0/7', 'closed']).about]).toEqual(['web.service']);
});
