import { expect, test } from '@jest/globals';
import { LABEL } from '../../src/domain/labels.js';
import { attemptIn, isMajorJump, printAttempt } from '../../src/domain/update.js';

const PIN = { locked: 'github:a/b/1', narHash: `sha256-${'A'.repeat(43)}=` };
const AT = '2026-11-27T03:00:00.000Z';

test('an attempt is read as it was written', () => {
  for (const attempt of [
    { at: AT, move: null },
    { at: AT, move: { from: {}, to: { 'github:a/b': PIN } } },
  ])
    expect(attemptIn(printAttempt(attempt))).toEqual(attempt);
});

test.each(['', 'x', '[]', '{"at":1}', '{"at":"yesterday","move":null}'])(
  'what pets has not written is none: %j',
  (text) => {
    expect(attemptIn({ [LABEL.update]: text })).toBeNull();
  },
);

test('a move with a pin that Nix may not be given is none', () => {
  for (const bad of [{ ...PIN, locked: '--option x' }, { ...PIN, narHash: 'x' }, { ...PIN, rev: 'x' }, 7]) {
    const move = { from: {}, to: { good: PIN, bad } };
    expect(attemptIn({ [LABEL.update]: JSON.stringify({ at: AT, move }) })).toEqual({ at: AT, move: null });
  }
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
  ['2026-11-01', '2027-01-04', false],
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
