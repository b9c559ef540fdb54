import { expect, test } from '@jest/globals';
import { pointAt, setGeneration, type ProfileDirectory } from '../../src/stores/generations.js';
import type { AppName, StorePath } from '../../src/domain/names.js';

const APP = 'web' as AppName;
const [ONE, TWO, THREE] = ['one', 'two', 'three'].map((name) => `/nix/store/${name}` as StorePath) as [
  StorePath,
  StorePath,
  StorePath,
];

/** A profile directory in memory: what its links lead to. */
function directory(): ProfileDirectory & { readonly links: Map<string, string> } {
  const links = new Map<string, string>();
  const done = () => Promise.resolve();
  return {
    links,
    list: (folder) => {
      const prefix = folder === '.' ? '' : `${folder}/`;
      const below = [...links.keys()].filter((link) => link.startsWith(prefix));
      return Promise.resolve(below.map((link) => link.slice(prefix.length)));
    },
    read: (link) => Promise.resolve(links.get(link) ?? null),
    write: (link, target) => done().then(() => void links.set(link, target)),
    remove: (link) => done().then(() => void links.delete(link)),
    missing: () => Promise.resolve(null),
    point: (generation) => done().then(() => void links.set('system', `system-${generation}-link`)),
  };
}

test('a number that was given is not given again where the whole profile was lost', async () => {
  const before = directory();
  expect(await setGeneration(before, APP, ONE, 0)).toBe(1);
  expect(await setGeneration(before, APP, TWO, 1)).toBe(2);
  const lost = directory();
  expect(await setGeneration(lost, APP, THREE, 2)).toBe(3);
  expect(await setGeneration(lost, APP, THREE, 2)).toBe(3);
});

test('what the profile itself knows counts as well', async () => {
  const profile = directory();
  await pointAt(profile, APP, 7, ONE);
  expect(await setGeneration(profile, APP, TWO, 3)).toBe(8);
  profile.links.delete('system-8-link');
  profile.links.delete('kept/8');
  expect(await setGeneration(profile, APP, THREE, 3)).toBe(9);
});

test('a number that only Nix has a link for is not given again', async () => {
  const profile = directory();
  profile.links.set('system-9-link', ONE);
  expect(await setGeneration(profile, APP, TWO, 3)).toBe(10);
});
