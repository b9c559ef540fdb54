import { describe, expect, test } from '@jest/globals';
import { lastDue, parseSchedule } from '../../src/domain/schedule.js';

/** A Friday. */
const NOW = '2026-11-27T10:00:00Z';

function due(written: string, now = NOW): string | null | undefined {
  const schedule = parseSchedule(`${written} UTC`);
  return schedule === null ? undefined : (lastDue(schedule, new Date(now))?.toISOString() ?? null);
}

describe('when it was due last', () => {
  test.each([
    ['03:00', '2026-11-27T03:00:00.000Z'],
    ['10:00', '2026-11-27T10:00:00.000Z'],
    ['10:00:01', '2026-11-26T10:00:01.000Z'],
    ['*:0/15', '2026-11-27T10:00:00.000Z'],
    ['minutely', '2026-11-27T10:00:00.000Z'],
    ['hourly', '2026-11-27T10:00:00.000Z'],
    ['daily', '2026-11-27T00:00:00.000Z'],
    ['weekly', '2026-11-23T00:00:00.000Z'],
    ['monthly', '2026-11-01T00:00:00.000Z'],
    ['quarterly', '2026-10-01T00:00:00.000Z'],
    ['semiannually', '2026-07-01T00:00:00.000Z'],
    ['yearly', '2026-01-01T00:00:00.000Z'],
    ['Annually', '2026-01-01T00:00:00.000Z'],
    ['Sun 04:00', '2026-11-22T04:00:00.000Z'],
    ['Mon..Thu 22:30', '2026-11-26T22:30:00.000Z'],
    ['sat,sunday 1..3:00/20', '2026-11-22T03:40:00.000Z'],
    ['Mon, 03:00', '2026-11-23T03:00:00.000Z'],
    ['Mon', '2026-11-23T00:00:00.000Z'],
    ['*-*-31 1:00', '2026-10-31T01:00:00.000Z'],
    ['*-*~1', '2026-10-31T00:00:00.000Z'],
    ['*-02~3 12:00', '2026-02-26T12:00:00.000Z'],
    ['*-*~7/3', '2026-11-27T00:00:00.000Z'],
    ['*-*~2..5 11:00', '2026-11-26T11:00:00.000Z'],
    ['*-02-29', '2024-02-29T00:00:00.000Z'],
    ['Mon *-02-29', '2016-02-29T00:00:00.000Z'],
    ['0..10/3:00', '2026-11-27T09:00:00.000Z'],
    ['1/6:00', '2026-11-27T07:00:00.000Z'],
    ['12-24 18:00', '2025-12-24T18:00:00.000Z'],
    ['2027-01-01', null],
    ['26-01-01', '2026-01-01T00:00:00.000Z'],
  ])('%s', (written, at) => {
    expect(due(written)).toBe(at);
  });
});

test.each([
  '',
  '3',
  '24:00',
  '3:60',
  '*/2:00',
  'Mon,, 1:00',
  'Fri..Mon 1:00',
  'mon 5',
  'constructor',
  '__proto__',
  'dayly',
  '03:00 Europe/Berlin',
  '03:00:00.5',
  '@0',
  '13-01',
  '*-*-0',
  '0/0:00',
  '5..2:00',
  '1:00 2:00 3:00',
  '*-*-* 3:00 4:00',
  '-:-',
  'x'.repeat(300),
])('no schedule: %j', (written) => {
  expect(parseSchedule(written)).toBeNull();
});

test('in the time zone of the host, unless it says UTC', () => {
  const schedule = parseSchedule('03:00');
  const at = schedule && lastDue(schedule, new Date(NOW));
  expect([at?.getHours(), at?.getMinutes()]).toEqual([3, 0]);
});
