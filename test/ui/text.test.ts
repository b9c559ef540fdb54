import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { cell, displayWidth, fit, fitLine, lineWidth } from '../../src/ui/text.js';
import { formatElapsed, formatTook } from '../../src/lib/format.js';

test('width as a terminal counts it', () => {
  expect(displayWidth('abc')).toBe(3);
  expect(displayWidth('宽字')).toBe(4);
  expect(displayWidth('e\u0301')).toBe(1);
  expect(displayWidth('🚀✔…')).toBe(4);
});

test('fits, with an ellipsis where something was lost', () => {
  expect(fit('building', 8)).toBe('building');
  expect(fit('building', 5)).toBe('buil…');
  expect(fit('宽字宽', 4)).toBe('宽…');
  expect(fit('building', 0)).toBe('');
  expect(cell('ab', 4)).toBe('ab  ');
});

test('never wider than asked for', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 });
  fc.assert(fc.property(text, fc.nat(20), (t, width) => displayWidth(fit(t, width)) <= width));
  const line = fc.array(fc.record({ text }), { maxLength: 5 });
  fc.assert(fc.property(line, fc.nat(40), (l, width) => lineWidth(fitLine(l, width)) <= width));
});

test('durations', () => {
  expect([0, 40, 2140, 59_949, 59_950, 62_000, 3_720_000].map(formatTook)).toEqual([
    '0.0s',
    '0.0s',
    '2.1s',
    '59.9s',
    '1m00s',
    '1m02s',
    '1h02m',
  ]);
  expect([-5, 999, 12_900, 60_000].map(formatElapsed)).toEqual(['0s', '0s', '12s', '1m00s']);
});

test('a text that needs no string-width is as wide as that says, whatever stands in it', () => {
  const plain = fc.string({ unit: fc.constantFrom(...Array.from(' ~#*1aZ…→–—’·±›↩▸■✔✖')), maxLength: 12 });
  fc.assert(
    fc.property(plain, (text) => {
      expect(displayWidth(text)).toBe(stringWidth(text));
    }),
  );
  for (let code = 0x20; code <= 0x7e; code++) expect(displayWidth(String.fromCharCode(code))).toBe(1);
});
