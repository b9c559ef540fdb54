import { expect, test } from '@jest/globals';
import type { DesiredApp } from '../../src/domain/desired.js';
import type { Lock } from '../../src/domain/manifest.js';
import { systemKey } from '../../src/facets/system-key.js';
import { desiredFrom, hostPaths, localFiles, localRefs } from '../../src/manifest/desired.js';
import { manifestOf } from '../manifest/reading.js';

type World = {
  readonly hash?: string;
  readonly platform?: string;
  readonly lock?: Lock;
  readonly recipe?: string;
};

const NIXPKGS = 'github:nixos/nixpkgs/nixos-25.11';
const locked = (rev: string): Lock => ({
  version: 1,
  refs: { [NIXPKGS]: { locked: `github:nixos/nixpkgs/${rev}`, narHash: 'sha256-x', rev } },
});

function appOf(text: string, { hash = 'sha256-x', platform = 'x86_64-linux', lock = locked('1') }: World) {
  const manifest = manifestOf(`project = "p"\n[defaults]\nnixpkgs = "${NIXPKGS}"\n${text}`);
  const [app] = desiredFrom(manifest, {
    lock,
    contentHashes: Object.fromEntries(localRefs(manifest).map(({ url }) => [url, { hash }])),
    fileHashes: Object.fromEntries(localFiles(manifest).map(({ path }) => [path, { hash }])),
    paths: Object.fromEntries(hostPaths(manifest).map((path) => [path, 'folder' as const])),
    secrets: {},
    platform,
  }).apps;
  return app as DesiredApp;
}

function keyOf(text: string, world: World = {}): string {
  const key = systemKey(appOf(text, world), {}, world.recipe ?? 'r');
  return JSON.stringify(Object.entries(key ?? {}).sort());
}

const WEB = '[apps.web]\nflake-ref = "./web"\n';

test('each thing that decides which system it is makes another key', () => {
  const keys = {
    plain: keyOf(WEB),
    name: keyOf('[apps.api]\nflake-ref = "./web"\n'),
    source: keyOf(WEB, { hash: 'sha256-y' }),
    reference: keyOf('[apps.web]\nflake-ref = "./other"\n'),
    attribute: keyOf('[apps.web]\nflake-ref = "./web#nixosModules.other"\n'),
    pin: keyOf(WEB, { lock: locked('2') }),
    recipe: keyOf(WEB, { recipe: 's' }),
    platform: keyOf(WEB, { platform: 'aarch64-linux' }),
    option: keyOf(`${WEB}nixos.services.web.size = 1\n`),
    float: keyOf(`${WEB}nixos.services.web.size = 1.0\n`),
    module: keyOf(`${WEB}modules = ["./a.nix"]\n`),
    order: keyOf(`${WEB}modules = ["./a.nix", "./b.nix"]\n`),
    reordered: keyOf(`${WEB}modules = ["./b.nix", "./a.nix"]\n`),
    volume: keyOf(`${WEB}volumes.data = "/var/lib/web"\n`),
    elsewhere: keyOf(`${WEB}volumes.data = "/var/lib/other"\n`),
    listens: keyOf(`${WEB}port = 8080\n`),
    file: keyOf('[apps.web]\nconfig = "./web.nix"\n'),
  };
  expect(new Set(Object.values(keys)).size).toBe(Object.keys(keys).length);
});

test('what Nix is not told does not', () => {
  for (const more of ['keep = 3', 'timeout = "3m"', 'health = false', 'limits.memory = "1GiB"'])
    expect(keyOf(`${WEB}${more}\n`)).toBe(keyOf(WEB));
  expect(keyOf(`${WEB}port = 8080\n`)).toBe(keyOf(`${WEB}port = 8081\n`));
});

test('a source that is not pinned or not read has none; one that this run has pinned has', () => {
  const unlocked = appOf(WEB, { lock: { version: 1, refs: {} } });
  expect(systemKey(unlocked, {}, 'r')).toBeNull();
  expect(systemKey(unlocked, locked('1').refs, 'r')).toMatchObject({
    nixpkgs: expect.stringContaining('nixos/nixpkgs/1'),
  });
  const unread = { ...unlocked, facets: { system: { source: 'unknown:' } } };
  expect(systemKey(unread, {}, 'r')).toBeNull();
});
