import { describe, expect, test } from '@jest/globals';
import { fetchedFrom, lockedFrom } from '../../src/nix/metadata.js';

describe('a lock entry from nix flake metadata', () => {
  const narHash = 'sha256-a+b/c=';
  const told = (json: object) =>
    lockedFrom(JSON.stringify(json), (url) => Promise.resolve({ storePath: url, hash: `sha256-of ${url}` }));

  test('with a revision is the url as it is', async () => {
    const url = 'github:o/r/0123';
    expect(await told({ url, locked: { narHash, rev: '0123' } })).toEqual({
      locked: url,
      narHash,
      rev: '0123',
    });
  });

  test.each([
    ['path:/a', 'path:/a?narHash=sha256-a%2Bb%2Fc%3D'],
    ['https://x/y.tar.gz?dir=z', 'https://x/y.tar.gz?dir=z&narHash=sha256-a%2Bb%2Fc%3D'],
    ['path:/a?narHash=x', 'path:/a?narHash=x'],
  ])('%s without one is held by its hash', async (url, locked) => {
    expect(await told({ url, locked: { narHash } })).toEqual({ locked, narHash });
  });

  test('that says no hash, as with lazy trees: what is fetched has one', async () => {
    const url = 'github:o/r/0123';
    expect(await told({ url, locked: { rev: '0123' } })).toMatchObject({ narHash: `sha256-of ${url}` });
  });
});

test('what nix flake prefetch says, in 2.8 and 2.34', () => {
  const fetched = { storePath: '/nix/store/x-source', hash: 'sha256-x' };
  expect(fetchedFrom(JSON.stringify(fetched))).toEqual(fetched);
  expect(fetchedFrom(JSON.stringify({ ...fetched, locked: {}, original: {} }))).toEqual(fetched);
  expect(() => fetchedFrom('{}')).toThrow('printed no path in the store');
});
