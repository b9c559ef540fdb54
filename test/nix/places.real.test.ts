import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { exec } from '../programs.js';
import { copiedFrom, placer, showPlaces } from '../../src/nix/places.js';
import { Scene } from './scene.js';

const scene = new Scene();
const NOTHING = `/nix/store/${'0'.repeat(32)}-source`;
let copy = '';
beforeAll(async () => {
  scene.write('app/flake.nix', '{ is = "the app"; }');
  scene.write('repository/in/flake.nix', '{ is = "in a repository"; }');
  copy = await added('app');
});
afterAll(async () => {
  await exec('nix-store', ['--delete', copy]);
  scene.cleanUp();
});
const added = async (name: string) => (await exec('nix-store', ['--add', join(scene.folder, name)])).stdout;
const local = (url: string, directory: string) =>
  ({ kind: 'local', ref: { written: '', url, attribute: '', directory }, contentHash: '' }) as const;

test('a source is named by its folder, not by its copy; what is none keeps its name', () => {
  const shown = placer(copiedFrom(local('path:/web', '/web'), join(scene.folder, 'app')));
  expect(shown(`at ${copy}/x.nix:1:2, '${copy}'`)).toBe("at /web/x.nix:1:2, '/web'");
  expect(shown(`${NOTHING}/x.nix ${copy}`)).toBe(`${NOTHING}/x.nix /web`);
});

test('a repository is known by the flake that is meant', async () => {
  const folder = join(scene.folder, 'repository');
  const whole = await added('repository');
  const shown = (url: string) => placer(copiedFrom(local(url, folder), 'of no interest'))(`${whole}/x.nix`);
  expect(shown(`git+file://${folder}?dir=in`)).toBe(`${folder}/x.nix`);
  expect(shown(`git+file://${folder}`)).toBe(`${whole}/x.nix`);
  await exec('nix-store', ['--delete', whole]);
});

test('a remote source has no folder', () => {
  const ref = { written: '', url: 'github:o/r', attribute: '' };
  expect(copiedFrom({ kind: 'remote', ref, locked: null }, '/staged')).toEqual([]);
});

test('the manifest’s own files are where they are', () => {
  const words = `in ${NOTHING}/manifest-files/a.nix and /work/request/manifest-files/b.nix`;
  expect(showPlaces(words, '/work', '/home/me')).toBe('in /home/me/a.nix and /home/me/b.nix');
});
