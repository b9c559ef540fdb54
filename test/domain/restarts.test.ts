import { describe, expect, test } from '@jest/globals';
import { LABEL } from '../../src/domain/labels.js';
import { mayRestart, printRestarts, recentRestarts, restartsIn } from '../../src/domain/restarts.js';

const NOW = Date.parse('2026-11-27T10:00:00.000Z');
const ago = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();

describe('an app that is not well is restarted', () => {
  test.each([
    ['the first time', [], true],
    ['ten minutes after the last time', [ago(10)], true],
    ['not before', [ago(9)], false],
    ['not a fourth time in a day', [ago(1000), ago(500), ago(60)], false],
    ['again when the first of them is a day ago', [ago(1441), ago(500), ago(60)], true],
    ['where a clock was ahead', [ago(-60)], true],
  ])('%s', (_, restarts, may) => {
    expect(mayRestart(restarts, NOW)).toBe(may);
  });

  test('what counts no more is not counted, and not kept', () => {
    expect(recentRestarts([ago(2000), ago(5), ago(-5)], NOW)).toEqual([ago(5)]);
    const all = [ago(4), ago(3), ago(2), ago(1)];
    expect(restartsIn(printRestarts(all))).toEqual(all.slice(1));
  });

  test('of what is no time nothing is known', () => {
    expect(restartsIn({})).toEqual([]);
    expect(restartsIn({ [LABEL.restarts]: `yesterday ${ago(1)} \u001b[2J` })).toEqual([ago(1)]);
  });
});
