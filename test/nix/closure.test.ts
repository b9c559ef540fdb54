import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { exec } from '../programs.js';
import { closureHash, stageClosure } from '../../src/nix/closure.js';
import { walk } from '../../src/nix/files.js';
import { Scene } from './scene.js';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => {
  scene.cleanUp();
});

async function hash(written: string, ignored: readonly string[] = []): Promise<string> {
  const paths = new Set(ignored.map((path) => join(scene.folder, path)));
  const result = await closureHash(scene.path(written), paths, exec);
  return 'hash' in result ? result.hash : result.problem.message;
}

/** The files that count, as they are staged. */
async function staged(...written: string[]): Promise<string[]> {
  const target = join(scene.folder, '.staged');
  rmSync(target, { recursive: true, force: true });
  await stageClosure(
    written.map((path) => scene.path(path)),
    new Set(),
    target,
    exec,
  );
  return (await walk(target)).sort();
}

describe('what a Nix file leads to', () => {
  test('imports of imports, files that are read, folders with all that is in them', async () => {
    scene.write('a/web.nix', '{ imports = [ ./b.nix ../c ]; x = builtins.readFile ./data.txt; y = ./site; }');
    scene.write('a/b.nix', 'import ./deep/d.nix');
    scene.write('a/deep/d.nix', '{ }');
    scene.write('a/data.txt', './not-code.nix');
    scene.write('a/not-code.nix', '');
    scene.write('a/site/index.html', 'x');
    scene.write('a/site/sub/page.html', 'x');
    scene.write('a/unrelated.nix', '{ }');
    scene.write(
      'c/default.nix',
      '{ imports = map (n: ./modules + "/${n}") (builtins.attrNames (builtins.readDir ./modules)); }',
    );
    scene.write('c/modules/m.nix', '{ imports = [ ../../far.nix ]; }');
    scene.write('far.nix', '{ }');
    expect(await staged('a/web.nix')).toEqual([
      ...['a/b.nix', 'a/data.txt', 'a/deep/d.nix', 'a/site/index.html', 'a/site/sub/page.html', 'a/web.nix'],
      ...['c/default.nix', 'c/modules/m.nix', 'far.nix'],
    ]);
  });

  test('one file alone; what comments, strings and missing files say is nothing', async () => {
    scene.write('a/web.nix', '{ /* ./x.nix */ a = "./x.nix"; b = ./gone.nix; } # ./x.nix');
    scene.write('a/x.nix', '');
    expect(await staged('a/web.nix')).toEqual(['web.nix']);
  });

  test('a constant part of a path stands for its folder', async () => {
    scene.write('web.nix', '{ a = ./hosts/${x}/y.nix; b = ./conf/app- + "x"; c = ./one.nix + ""; }');
    scene.write('hosts/h/y.nix', '');
    scene.write('conf/app-x', '');
    scene.write('conf/z', '');
    expect(await staged('web.nix')).toContain('hosts/h/y.nix');
    expect(await staged('web.nix')).toEqual(expect.arrayContaining(['conf/app-x', 'conf/z']));
  });

  test('several files keep their places, and share what they share', async () => {
    scene.write('a/web.nix', '{ imports = [ ../shared.nix ]; }');
    scene.write('b/more.nix', '{ imports = [ ../shared.nix ]; }');
    scene.write('shared.nix', '{ }');
    expect(await staged('a/web.nix', 'b/more.nix')).toEqual(['a/web.nix', 'b/more.nix', 'shared.nix']);
  });

  test('circles end', async () => {
    scene.write('web.nix', '{ imports = [ ./b.nix ./. ]; }');
    scene.write('b.nix', '{ imports = [ ./web.nix ]; }');
    symlinkSync('loop', join(scene.folder, 'loop'));
    expect(await staged('web.nix')).toEqual(expect.arrayContaining(['b.nix', 'loop', 'web.nix']));
  });
});

describe('links', () => {
  test('on the way are kept, with what they lead to; paths go on from where the file is found', async () => {
    scene.write('host/web.nix', '{ imports = [ ./link.nix ./linked/x.nix ]; }');
    scene.write('real/real.nix', 'import ./beside.nix');
    scene.write('real/beside.nix', '{ }');
    scene.write('other/x.nix', 'import ./y.nix');
    scene.write('other/y.nix', '{ }');
    symlinkSync('../real/real.nix', join(scene.folder, 'host/link.nix'));
    symlinkSync(join(scene.folder, 'other'), join(scene.folder, 'host/linked'));
    expect(await staged('host/web.nix')).toEqual([
      ...['host/link.nix', 'host/linked', 'host/web.nix', 'other/x.nix', 'other/y.nix'],
      ...['real/beside.nix', 'real/real.nix'],
    ]);
    expect(readlinkSync(join(scene.folder, '.staged/host/linked'))).toBe('../other');
  });

  test('in a folder stay what they are', async () => {
    scene.write('host/web.nix', '{ x = ./data; }');
    mkdirSync(join(scene.folder, 'host/data'));
    symlinkSync('../../elsewhere', join(scene.folder, 'host/data/link'));
    scene.write('elsewhere', 'x');
    expect(await staged('host/web.nix')).toEqual(['data/link', 'web.nix']);
    expect(readlinkSync(join(scene.folder, '.staged/data/link'))).toBe('../../elsewhere');
  });

  test('the file itself', async () => {
    scene.write('real/web.nix', '{ imports = [ ./beside.nix ]; }');
    scene.write('real/beside.nix', '{ }');
    symlinkSync('real/web.nix', join(scene.folder, 'web.nix'));
    expect(await staged('web.nix')).toEqual(['real/beside.nix', 'real/web.nix', 'web.nix']);
  });
});

describe('in a git work tree', () => {
  beforeEach(() => scene.git('init', '--quiet'));

  test('folders are what is tracked; what is named counts all the same', async () => {
    scene.write('web.nix', '{ imports = [ ./named.nix ./folder ./new ]; }');
    scene.write('named.nix', '{ }');
    scene.write('folder/default.nix', '{ }');
    scene.write('folder/tracked.nix', '{ }');
    scene.write('folder/untracked.nix', '{ }');
    scene.write('new/default.nix', '{ }');
    await scene.git('add', 'folder/tracked.nix');
    expect(await staged('web.nix')).toEqual([
      ...['folder/default.nix', 'folder/tracked.nix', 'named.nix', 'new/default.nix', 'web.nix'],
    ]);
  });

  test('tracked files count as they are now', async () => {
    scene.write('web.nix', '{ imports = [ ./. ]; }');
    await scene.git('add', '-A');
    const before = await hash('web.nix');
    scene.write('untracked', 'x');
    expect(await hash('web.nix')).toBe(before);
    scene.write('web.nix', '{ imports = [ ./. ]; x = 1; }');
    expect(await hash('web.nix')).not.toBe(before);
  });
});

describe('the hash', () => {
  beforeEach(() => {
    scene.write('at/web.nix', '{ imports = [ ./b.nix ]; x = ./data; }');
    scene.write('at/b.nix', '{ }');
    scene.write('at/data/file', 'x');
    scene.write('at/unrelated', 'x');
    symlinkSync(join(scene.folder, 'at/b.nix'), join(scene.folder, 'at/data/absolute'));
  });

  test('follows each file that counts, and no other', async () => {
    const seen = [await hash('at/web.nix')];
    for (const change of [
      () => {
        scene.write('at/b.nix', '{ a = 1; }');
      },
      () => {
        scene.write('at/data/file', 'y');
      },
      () => {
        chmodSync(join(scene.folder, 'at/data/file'), 0o755);
      },
      () => {
        renameSync(join(scene.folder, 'at/data/file'), join(scene.folder, 'at/data/other'));
      },
      () => {
        scene.write('at/data/new/x', '');
      },
      () => {
        scene.write('at/web.nix', '{ imports = [ ./b.nix ]; x = ./data; } # said');
      },
    ]) {
      change();
      seen.push(await hash('at/web.nix'));
    }
    expect(new Set(seen).size).toBe(seen.length);
    scene.write('at/unrelated', 'y');
    utimesSync(join(scene.folder, 'at/b.nix'), 1, 1);
    expect(await hash('at/web.nix')).toBe(seen.at(-1));
    expect(seen[0]).toMatch(/^sha256-[A-Za-z0-9+/]{43}=$/);
  });

  test('is the same wherever the tree lies', async () => {
    rmSync(join(scene.folder, 'at/data/absolute'));
    symlinkSync(join(scene.folder, 'at/b.nix'), join(scene.folder, 'at/link.nix'));
    scene.write('at/web.nix', '{ imports = [ ./link.nix ]; x = ./data; }');
    const before = await hash('at/web.nix');
    expect(before).toMatch(/^sha256-/);
    cpSync(join(scene.folder, 'at'), join(scene.folder, 'deep/down'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    rmSync(join(scene.folder, 'deep/down/link.nix'));
    symlinkSync(join(scene.folder, 'deep/down/b.nix'), join(scene.folder, 'deep/down/link.nix'));
    expect(await hash('deep/down/web.nix')).toBe(before);
    symlinkSync('deep/down', join(scene.folder, 'through'));
    expect(await hash('through/web.nix')).toBe(before);
  });

  test('a folder is its default.nix; another entry is another hash', async () => {
    scene.write('at/default.nix', '{ imports = [ ./web.nix ]; }');
    expect(await hash('at')).toBe(await hash('at/default.nix'));
    expect(await hash('at')).not.toBe(await hash('at/web.nix'));
  });

  test('the manifest and its lock are no part of it', async () => {
    scene.write('at/web.nix', '{ x = ./.; }');
    const before = await hash('at/web.nix', ['at/pets.toml']);
    scene.write('at/pets.toml', 'x');
    expect(await hash('at/web.nix', ['at/pets.toml'])).toBe(before);
    expect(await hash('at/web.nix')).not.toBe(before);
  });

  test('is the same as that of what is staged, with constant times', async () => {
    await staged('at/web.nix');
    expect(await hash('.staged/web.nix')).toBe(await hash('at/web.nix'));
    for (const path of ['', 'web.nix', 'data', 'data/absolute'])
      expect(lstatSync(join(scene.folder, '.staged', path)).mtimeMs).toBe(1000);
  });
});

test.each([
  ['gone.nix', () => undefined, 'there is no'],
  [
    'folder',
    () => {
      mkdirSync(join(scene.folder, 'folder'));
    },
    'there is no default.nix in',
  ],
  [
    'web.nix',
    () => {
      scene.write('web.nix', './data');
      mkdirSync(join(scene.folder, 'data'));
      execFileSync('mkfifo', [join(scene.folder, 'data/pipe')]);
    },
    '"pipe" is no file, folder or link',
  ],
])('%s: a problem', async (written, make, expected) => {
  make();
  expect(await hash(written)).toContain(expected);
});
