import { describe, expect, test } from '@jest/globals';
import { parseUntil } from '../../src/cli/until.js';

const now = new Date('2026-11-27T16:00:30Z');
const instant = (text: string) => Date.parse(parseUntil(text, now));

describe('when a hold ends', () => {
  test('a date is the beginning of that day, here', () => {
    expect(instant('2026-12-24')).toBe(new Date(2026, 11, 24).getTime());
    expect(parseUntil('2026-12-24', now)).toMatch(/^2026-12-24T00:00[+-]\d\d:\d\d$/);
  });

  test.each(['2026-12-24T18:00', '2026-12-24 18:00', '2026-12-24T18:00:00'])('%s is a time here', (text) => {
    expect(instant(text)).toBe(new Date(2026, 11, 24, 18).getTime());
  });

  test.each([
    ['2026-12-24T18:00Z', '2026-12-24T18:00+00:00'],
    ['2026-12-24T18:00:00.000Z', '2026-12-24T18:00+00:00'],
    ['2026-12-24T18:00+05:30', '2026-12-24T18:00+05:30'],
    ['2026-12-24T18:00-0300', '2026-12-24T18:00-03:00'],
  ])('%s has a zone of its own: %s', (text, until) => {
    expect(parseUntil(text, now)).toBe(until);
  });

  test.each([
    ['30m', 30],
    ['12h', 12 * 60],
    ['3d', 3 * 24 * 60],
    ['2w', 14 * 24 * 60],
  ])('%s is from now on, to the next whole minute', (text, minutes) => {
    expect(instant(text)).toBe(Date.parse('2026-11-27T16:01:00Z') + minutes * 60_000);
  });

  test.each(['2026-11-27', '2026-11-27T16:00Z', '2001-01-01'])('%s is past', (text) => {
    expect(() => parseUntil(text, now)).toThrow(/that is past/);
  });

  test.each([
    ...[
      '',
      'soon',
      'tomorrow',
      '14',
      '0d',
      '-1d',
      '1y',
      '99999w',
      '2026-02-30',
      '2026-13-01',
      '2026-12-24T25:00',
    ],
    ...[
      '2026-12-24T18',
      '26-12-24',
      '24.12.2026',
      '2026-12-24T18:00+99:00',
      '2026-12-24T18:00:30',
      '20261224',
    ],
  ])('%j is none', (text) => {
    expect(() => parseUntil(text, now)).toThrow(/expected a date/);
  });
});
