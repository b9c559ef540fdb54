import { describe, expect, test } from '@jest/globals';
import { type ContentHash, desiredFrom, localRefs, unlocked } from '../../src/manifest/desired.js';
import { emptyLock } from '../../src/manifest/lock.js';
import type { Lock } from '../../src/model.js';
import { manifestOf } from './reading.js';

const MANIFEST = manifestOf(`
  project = "homelab"
  [apps.anywhen]
  flake-ref = "github:srid/anywhen"
  port = 7700
  [apps.web]
  flake-ref = "./web#nixosModules.site"
  nixpkgs = "../nixpkgs"
  [apps.wiki]
  flake-ref = "./web"
  port = 7701
  listen = "::1"
`);

const ANYWHEN = { locked: 'github:srid/anywhen/abc?narHash=sha256-x', narHash: 'sha256-x', rev: 'abc' };
const LOCK: Lock = { version: 1, refs: { 'github:srid/anywhen': ANYWHEN } };
const HASHES: Record<string, ContentHash> = {
  'path:/srv/homelab/web': { hash: 'sha256-web' },
  'path:/srv/nixpkgs': { problem: { message: 'no such folder: /srv/nixpkgs' } },
};
const UNLOCKED_NIXPKGS = 'unlocked:github:nixos/nixpkgs/nixos-25.11';

function desired(lock: Lock = LOCK, contentHashes: Record<string, ContentHash> = HASHES) {
  return desiredFrom(MANIFEST, { lock, contentHashes, platform: 'x86_64-linux' });
}

test('facets hold what is compared, and nothing else', () => {
  const { project, apps } = desired();
  expect(project).toBe('homelab');
  expect(apps.map(({ name, facets }) => [name, facets])).toEqual([
    [
      'anywhen',
      {
        system: {
          source: `${ANYWHEN.locked}#nixosModules.incus`,
          nixpkgs: UNLOCKED_NIXPKGS,
          platform: 'x86_64-linux',
        },
        exposure: { listen: '127.0.0.1:7700' },
        meta: { 'flake-ref': 'github:srid/anywhen' },
        power: { state: 'running' },
      },
    ],
    [
      'web',
      {
        system: {
          source: 'sha256-web#nixosModules.site',
          nixpkgs: 'missing:path:/srv/nixpkgs',
          platform: 'x86_64-linux',
        },
        exposure: { listen: null },
        meta: { 'flake-ref': './web#nixosModules.site' },
        power: { state: 'running' },
      },
    ],
    [
      'wiki',
      {
        system: {
          source: 'sha256-web#nixosModules.incus',
          nixpkgs: UNLOCKED_NIXPKGS,
          platform: 'x86_64-linux',
        },
        exposure: { listen: '[::1]:7701' },
        meta: { 'flake-ref': './web' },
        power: { state: 'running' },
      },
    ],
  ]);
});

test('sources are local, remote or missing', () => {
  const [anywhen, web] = desired().apps;
  expect(anywhen?.source).toMatchObject({ kind: 'remote', locked: ANYWHEN });
  expect(anywhen?.nixpkgs).toMatchObject({ kind: 'remote', locked: null });
  expect(anywhen?.listen).toEqual({ address: '127.0.0.1', port: 7700 });
  expect(web?.source).toMatchObject({ kind: 'local', contentHash: 'sha256-web' });
  expect(web?.nixpkgs).toMatchObject({
    kind: 'missing',
    problem: { message: 'no such folder: /srv/nixpkgs' },
  });
  expect(web?.listen).toBeNull();
});

test('a folder that nobody has read is missing', () => {
  expect(desired(LOCK, {}).apps[1]?.source).toMatchObject({
    kind: 'missing',
    problem: { message: '/srv/homelab/web has not been read' },
  });
});

describe('what is left to do', () => {
  test('unlocked names each remote URL without an entry, once', () => {
    expect(desired().apps.map(unlocked)).toEqual([
      ['github:nixos/nixpkgs/nixos-25.11'],
      [],
      ['github:nixos/nixpkgs/nixos-25.11'],
    ]);
    expect(desired(emptyLock).apps.map(unlocked)[0]).toEqual([
      'github:srid/anywhen',
      'github:nixos/nixpkgs/nixos-25.11',
    ]);
    const same = manifestOf('project = "x"\n[apps.a]\nflake-ref = "nixpkgs"\nnixpkgs = "nixpkgs"\n');
    const { apps } = desiredFrom(same, { lock: emptyLock, contentHashes: {}, platform: 'x86_64-linux' });
    expect(apps.map(unlocked)).toEqual([['nixpkgs']]);
  });

  test('a ref named like an inherited property is not in the lock', () => {
    const manifest = manifestOf('project = "x"\n[apps.a]\nflake-ref = "constructor"\n');
    const [app] = desiredFrom(manifest, {
      lock: emptyLock,
      contentHashes: {},
      platform: 'x86_64-linux',
    }).apps;
    expect(app?.source).toMatchObject({ kind: 'remote', locked: null });
  });

  test('localRefs has each folder once', () => {
    expect(localRefs(MANIFEST).map(({ url }) => url)).toEqual(['path:/srv/homelab/web', 'path:/srv/nixpkgs']);
  });
});
