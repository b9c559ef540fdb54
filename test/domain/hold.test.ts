import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  faultOfReason,
  holdIn,
  holdWords,
  isOverIn,
  LONGEST_REASON,
  parseHold,
  printHold,
  untilWords,
  type Hold,
} from '../../src/domain/hold.js';
import { LABEL } from '../../src/domain/labels.js';
import { unreadableIn } from '../../src/domain/records.js';

const at = '2026-11-27T16:00:00.000Z';
const hold: Hold = { at, until: '2026-12-24T00:00+01:00', because: 'before the holidays' };
const labels = (text: string) => ({ [LABEL.hold]: text });
const END = Date.parse('2026-12-23T23:00:00Z');

describe('the record of a hold', () => {
  test.each([
    [hold],
    [{ ...hold, until: null }],
    [{ ...hold, because: null }],
    [{ at, until: null, because: null }],
  ])('is read as it was written: %j', (written) => {
    expect(parseHold(printHold(written))).toEqual(written);
    expect(unreadableIn(labels(printHold(written)))).toEqual([]);
  });

  test.each([
    ['no JSON', 'soon'],
    ['a list', '[]'],
    ['nothing', '{}'],
    ['no time', JSON.stringify({ ...hold, at: 'now' })],
    ['no date', JSON.stringify({ ...hold, until: 'soon' })],
    ['no zone', JSON.stringify({ ...hold, until: '2026-12-24T00:00' })],
    ['a month that there is not', JSON.stringify({ ...hold, until: '2026-13-24T00:00+01:00' })],
    ['what clears a screen', JSON.stringify({ ...hold, because: '\u001b[2J' })],
    ['a reason without an end', JSON.stringify({ ...hold, because: 'x'.repeat(LONGEST_REASON + 1) })],
    ['a reason that is no text', JSON.stringify({ ...hold, because: 7 })],
  ])('with %s cannot be read, and holds all the same', (_, text) => {
    expect(parseHold(text)).toBeNull();
    expect(holdIn(labels(text), END)).toEqual({ at: null, until: null, because: null });
    expect(unreadableIn(labels(text))).toEqual([LABEL.hold]);
    expect(isOverIn(labels(text), END)).toBe(false);
  });

  test('whatever stands there, nothing of it gets into words that it was not checked for', () => {
    fc.assert(
      fc.property(fc.string(), fc.json(), (text, json) => {
        for (const one of [text, json, JSON.stringify({ ...hold, because: text })]) {
          const found = holdIn(labels(one), END - 1);
          if (found) expect(holdWords('web', found)).not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });
});

test('a hold ends at its time, and what is left of it is seen', () => {
  const own = labels(printHold(hold));
  expect([holdIn(own, END - 1), holdIn(own, END)]).toEqual([hold, null]);
  expect([isOverIn(own, END - 1), isOverIn(own, END)]).toEqual([false, true]);
  expect([holdIn({}, END), isOverIn({}, END), isOverIn(labels(''), END)]).toEqual([null, false, false]);
  expect(holdIn(labels(printHold({ ...hold, until: null })), Number.MAX_SAFE_INTEGER)).not.toBeNull();
});

test.each([
  ['2026-12-24T00:00+01:00', '2026-12-24'],
  ['2026-12-24T18:30+01:00', '2026-12-24 18:30 +01:00'],
  ['2026-12-24T18:30+00:00', '2026-12-24 18:30 UTC'],
])('%s is told as %s', (until, words) => {
  expect(untilWords(until)).toBe(words);
});

test('a hold in words', () => {
  expect(holdWords('web', hold)).toBe(
    'held by hand until 2026-12-24: "before the holidays" — `pets unhold web`',
  );
  expect(holdWords('web', { at, until: null, because: null })).toBe('held by hand — `pets unhold web`');
});

test.each([
  ['', 'it is empty'],
  ['  ', 'it is empty'],
  ['a\nb', 'it has line breaks or other control characters'],
  ['\u009b2J', 'it has line breaks or other control characters'],
  ['x'.repeat(201), 'it has 201 characters, and 200 is the most'],
  ['x'.repeat(200), null],
])('the reason %j: %s', (text, fault) => {
  expect(faultOfReason(text)).toBe(fault);
});
