import { expect, test } from '@jest/globals';
import { pinnedBy } from '../../src/nix/pinned.js';

const HASH = `sha256-${'+/'.repeat(21)}A=`;
const escaped = encodeURIComponent(HASH);

test('an archive whose URL says its hash is pinned already', () => {
  for (const url of [`https://host/a.tar.gz?narHash=${escaped}`, `file:///a.tar.gz?dir=in&narHash=${HASH}`])
    expect(pinnedBy(url)).toEqual({ locked: url, narHash: HASH });
});

test.each([
  'https://host/a.tar.gz',
  'https://host/a.tar.gz?narHash=sha256:00',
  // It is held by its revision, which Nix has to tell.
  `https://host/a.tar.gz?narHash=${escaped}&rev=${'0'.repeat(40)}`,
  `github:o/r/${'0'.repeat(40)}?narHash=${escaped}`,
  `git+https://host/r?narHash=${escaped}`,
])('of anything else Nix is asked: %s', (url) => {
  expect(pinnedBy(url)).toBeNull();
});
