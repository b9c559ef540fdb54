import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { exec } from '../programs.js';
import { missingFrom } from '../../src/nix/missing.js';
import { Scene } from './scene.js';

const OWN = `/nix/store/${'0'.repeat(32)}-source`;
const OTHER = `/nix/store/${'1'.repeat(32)}-source`;

const scene = new Scene();
const { folder } = scene;
const web = join(folder, 'web');
beforeAll(async () => {
  await scene.git('init', '-q');
  for (const file of ['flake.nix', 'tracked.nix', 'sub/new.nix', 'ignored.nix', 'pets.toml'])
    scene.write(`web/${file}`, '{ }');
  scene.write('web/.gitignore', 'ignored.nix\n');
  scene.write('web/vendor/deep/x.nix', '{ }');
  scene.write('web/vendor/.git', 'gitdir: ../../.git/modules/vendor');
  scene.write('common/x.nix', '{ }');
  symlinkSync('../common/x.nix', join(web, 'out.nix'));
  symlinkSync('../common', join(web, 'common'));
  symlinkSync('sub/new.nix', join(web, 'in.nix'));
  await scene.git('add', 'web/flake.nix', 'web/tracked.nix');
});
afterAll(() => {
  scene.cleanUp();
});

function why(words: string, written = './web', directory = web) {
  const ref = { written, url: `path:${directory}`, attribute: '', directory };
  const ignored = new Set([join(web, 'pets.toml')]);
  return missingFrom(words, ref, { isOwn: (path) => path === OWN, ignored, exec });
}

/** In the words of Nix 2.8 and its builtins, of 2.26 and of 2.34. */
const WORDINGS: Readonly<Record<string, (file: string, store?: string) => string>> = {
  '2.8': (file, store = OWN) => `error: getting status of '${store}/${file}': No such file or directory`,
  '2.26': (file, store = OWN) => `error: path '${store}/${file}' does not exist`,
  '2.26, readFile': (file, store = OWN) =>
    `error: opening file '${store}/${file}': No such file or directory`,
};

describe.each(Object.entries(WORDINGS))('Nix %s does not find', (_, wording) => {
  test.each([
    ['sub/new.nix', 'untracked'],
    ['in.nix', 'untracked'],
    ['ignored.nix', 'ignored'],
    ['vendor/deep/x.nix', 'submodule'],
    ['out.nix', 'link'],
    ['common/x.nix', 'link'],
    ['pets.toml', 'own'],
  ])('%s: %s', async (file, expected) => {
    expect(await why(wording(file))).toEqual({ file, why: expected });
  });

  test.each(['tracked.nix', 'gone.nix'])('%s: nobody knows why', async (file) => {
    expect(await why(wording(file))).toBeNull();
  });

  test('a file of another source, which has one of that name', async () => {
    expect(await why(wording('sub/new.nix', OTHER))).toBeNull();
  });

  test('anything of a folder that is taken whole', async () => {
    expect(await why(wording('sub/new.nix'), 'path:./web')).toBeNull();
  });
});

test('Nix 2.34 names the repository: this one, or that of an input', async () => {
  const words = (repository: string) =>
    `error: Path 'web/sub/new.nix' in the repository "${repository}" is not tracked by Git.`;
  const ref = 'git+file:.?dir=web';
  expect(await why(words(folder), ref, folder)).toEqual({ file: 'web/sub/new.nix', why: 'untracked' });
  expect(await why(words('/srv/other'), ref, folder)).toBeNull();
  const nowhere = `error: Path 'web/sub/new.nix' does not exist in Git repository "${folder}".`;
  expect(await why(nowhere, ref, folder)).toEqual({ file: 'web/sub/new.nix', why: 'untracked' });
});

test('outside of any work tree nothing is told to be added', async () => {
  const bare = new Scene();
  mkdirSync(join(bare.folder, '.git'));
  bare.write('x.nix', '{ }');
  expect(await why(WORDINGS['2.8']?.('x.nix') ?? '', './bare', bare.folder)).toBeNull();
  bare.cleanUp();
});
