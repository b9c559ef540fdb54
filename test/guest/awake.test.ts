import { describe, expect, test } from '@jest/globals';
import { isAwake, isBooted, isUp } from '../../src/guest/awake.js';
import { loadersOf } from '../../src/guest/loaders.js';
import type { AppName } from '../../src/domain/names.js';
import { ProblemError } from '../../src/domain/problem.js';
import type { Incus } from '../../src/domain/services.js';

const APP = 'web' as AppName;
const NO_BUS = 'Failed to connect to bus: No such file or directory';

/** A guest whose systemd says this, one after the other, and the last of it from then on. */
function guest(states: readonly string[], limitMs: number, status = 'Running') {
  const asked: string[] = [];
  const left = [...states];
  const incus = {
    query: (_: string, command: readonly string[]) => {
      asked.push(command.slice(1).join(' '));
      const isState = command.includes('is-system-running');
      const said = isState ? ((left.length > 1 ? left.shift() : left[0]) ?? '') : '';
      const isThere = !isState || !['', 'offline'].includes(said);
      return Promise.resolve({ exitCode: isThere ? 0 : 1, stdout: said, stderr: isThere ? '' : NO_BUS });
    },
    status: () => Promise.resolve(status),
    consoleTail: () => Promise.resolve(['the last words']),
  } as unknown as Incus;
  const during = 'before it was changed';
  return { incus, asked, asks: { incus, app: APP, deadline: Date.now() + limitMs, during } };
}

describe('a guest that was started a moment ago', () => {
  test('is awake as soon as systemd has its bus, however the boot goes on', async () => {
    const { asks, asked } = guest(['', 'offline', 'initializing', 'starting'], 60_000);
    expect(await isAwake(asks)).toBe(true);
    expect(asked).toHaveLength(4);
  });

  test('has booted when systemd says so, well or not', async () => {
    for (const state of ['running', 'degraded', 'maintenance']) {
      const { asks, asked } = guest(['initializing', 'starting', state], 60_000);
      expect(await isBooted(asks)).toBe(true);
      expect(asked).toHaveLength(3);
    }
  });

  test.each([
    ['starting', false],
    ['running', true],
    ['degraded', true],
    ['maintenance', false],
    ['stopping', false],
  ])('that says %s is up: %s', async (state, expected) => {
    const { asks, asked } = guest([state], 60_000);
    expect(await isUp(asks)).toBe(expected);
    expect(asked).toHaveLength(1);
  });

  test('is not waited for without an end', async () => {
    expect(await isAwake(guest([''], 0).asks)).toBe(false);
    expect(await isBooted(guest(['starting'], 0).asks)).toBe(false);
  });

  test('that is dead or frozen says so', async () => {
    await expect(isAwake(guest([''], 60_000, 'Stopped').asks)).rejects.toThrow('the container died before');
    await expect(isAwake(guest([''], 60_000, 'Frozen').asks)).rejects.toThrow('somebody froze');
  });

  test('is asked for what loads its secrets when it can answer', async () => {
    const { incus, asked } = guest(['', '', 'starting'], 60_000);
    expect(await loadersOf(incus, APP, new Set(['db']), 60_000)).toEqual([]);
    expect(asked.map((words) => words.split(' ')[0])).toEqual([
      ...Array.from({ length: 3 }, () => 'is-system-running'),
      'list-units',
    ]);
    await expect(loadersOf(guest([''], 0).incus, APP, new Set(['db']), 0)).rejects.toThrow(ProblemError);
  });
});
