import { expect, test } from '@jest/globals';
import { LABEL } from '../../src/domain/labels.js';
import { attemptIn, isMajorJump, printAttempt } from '../../src/domain/update.js';

const PIN = { locked: 'github:a/b/1', narHash: `sha256-${'A'.repeat(43)}=` };
const AT = '2026-11-27T03:00:00.000Z';

test('an attempt is read as it was written', () => {
  for (const attempt of [
    { at: AT, pins: null },
    { at: AT, pins: { 'github:a/b': PIN } },
  ])
    expect(attemptIn(printAttempt(attempt))).toEqual(attempt);
});

test.each(['', 'x', '[]', '{"at":1}', '{"at":"yesterday","pins":null}'])(
  'what pets has not written is none: %j',
  (text) => {
    expect(attemptIn({ [LABEL.update]: text })).toBeNull();
  },
);

test('of its pins only those are read that Nix may be given', () => {
  const pins = { good: PIN, bad: { ...PIN, locked: '--option x' }, worse: { ...PIN, narHash: 'x' }, no: 7 };
  expect(attemptIn({ [LABEL.update]: JSON.stringify({ at: AT, pins }) })?.pins).toEqual({ good: PIN });
});

test.each([
  ['1.2.3', '1.2.4', false],
  ['1.2.3', '1.9.0', false],
  ['1.2.3', '2.0.0', true],
  ['2.0.0', '1.9.0', true],
  ['v1.2', 'v1.3', false],
  ['14.2', '15.0', true],
  ['0.4.1', '0.4.9', false],
  ['0.4.1', '0.5.0', true],
  ['0.4.1', '1.0.0', true],
  ['2026-11-01', '2026-12-01', false],
  ['1', '1.1', false],
  ['unstable', 'unstable', false],
  ['main', '2.0.0', false],
])('%s → %s: whether that is a major step', (from, to, isMajor) => {
  expect(isMajorJump(from, to)).toBe(isMajor);
});

test('nobody can tell where a version is missing', () => {
  expect(isMajorJump(null, '2.0.0')).toBe(false);
  expect(isMajorJump('1.0.0', null)).toBe(false);
});
