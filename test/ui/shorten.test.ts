import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shortenAll } from '../../src/ui/shorten.js';

const A = '0123456789abcdef0123456789abcdef01234567';
const B = '0123456fffffffffffffffffffffffffffffffff';

test.each([
  [
    [`github:owner/repo/${A}?dir=x&narHash=sha256-AAAAAAAAAAAAAAAAAAAA%3D#web`],
    ['github:owner/repo@0123456#web'],
  ],
  [[`git+https://h.example/r?ref=main&rev=${A}`], ['git+https://h.example/r@0123456']],
  [[`/nix/store/${'0abc'.repeat(8)}-nixos-system-web`], ['/nix/store/0abc0ab…-nixos-system-web']],
  [
    ['path:/srv/web', '127.0.0.1:7700'],
    ['path:/srv/web', '127.0.0.1:7700'],
  ],
  [
    [`github:o/r/${A}`, `github:o/r/${B}`],
    ['github:o/r@0123456789ab', 'github:o/r@0123456fffff'],
  ],
  [[`${'x'.repeat(50)}1${'y'.repeat(50)}`], [`${'x'.repeat(35)}…${'y'.repeat(35)}`]],
])('%j', (values, short) => {
  expect(shortenAll(values)).toEqual(short);
});

test('two values that differ never read alike', () => {
  const value = fc.oneof(
    fc.constantFrom(`github:o/r/${A}?a=1`, `github:o/r/${A}?a=2`),
    fc.string({ maxLength: 200 }),
    fc.constant('x'.repeat(100)),
  );
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [shortA, shortB] = shortenAll([a, b]);
      expect(shortA === shortB).toBe(a === b);
    }),
  );
});
