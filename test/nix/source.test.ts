import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { exec } from '../programs.js';
import type { FlakeRef } from '../../src/domain/manifest.js';
import { contentHash, stage } from '../../src/nix/source.js';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'pets-source-')));
  write('flake.nix', '{ }');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
function ref(written = './app', directory = folder): FlakeRef {
  const scheme = written.startsWith('git+file:') ? 'git+file://' : 'path:';
  return { written, url: `${scheme}${directory}`, attribute: 'nixosModules.incus', directory };
}
async function hash(of = ref(), ignored: readonly string[] = []): Promise<string> {
  const result = await contentHash(of, new Set(ignored), exec);
  return 'hash' in result ? result.hash : result.problem.message;
}
const git = async (...args: string[]) => {
  expect(await exec('git', ['-C', folder, ...args])).toMatchObject({ exitCode: 0 });
};

describe('the hash of a local flake', () => {
  test('is of each file’s name, kind and hash, as it has always been: another one would rebuild every pet', async () => {
    write('flake.nix', '{ }');
    const sha256 = (text: string) => createHash('sha256').update(text);
    const entry = `flake.nix\0file\0${sha256('{ }').digest('hex')}\n`;
    expect(await hash()).toBe(`sha256-${sha256(entry).digest('base64')}`);
  });

  test('takes a bounded number of descriptors and bytes, however many and large the files are', async () => {
    for (let i = 0; i < 300; i++) write(`many/${i}`, String(i));
    for (let i = 0; i < 24; i++) {
      write(`large/${i}`, '');
      truncateSync(join(folder, `large/${i}`), 4 * 2 ** 20);
    }
    const held = () => ({
      open: readdirSync('/proc/self/fd').length,
      bytes: process.memoryUsage().arrayBuffers,
    });
    const before = held();
    const most = { ...before };
    const reading = { files: 0, bytes: 0 };
    let isOver = false as boolean;
    const hashed = contentHash(ref(), new Set(), exec, reading).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      const now = held();
      most.open = Math.max(most.open, now.open);
      most.bytes = Math.max(most.bytes, now.bytes);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await hashed).toHaveProperty('hash');
    expect(reading.files).toBe(325);
    expect(reading.bytes).toBeGreaterThan(24 * 4 * 2 ** 20);
    expect(most.open - before.open).toBeLessThan(40);
    expect(most.bytes - before.bytes).toBeLessThan(32 * 2 ** 20);
  });

  test('names the file that cannot be read', async () => {
    write('a/b', 'x');
    chmodSync(join(folder, 'a'), 0o000);
    const told = await hash();
    chmodSync(join(folder, 'a'), 0o755);
    // Root may read everything.
    if (process.getuid?.() !== 0) expect(told).toContain(`cannot read ${join(folder, 'a')} (EACCES)`);
  });

  test('follows names, contents, the executable bit and links; not times', async () => {
    const seen = [await hash()];
    const changes = [
      () => {
        write('a/b', 'one');
      },
      () => {
        write('a/b', 'two');
      },
      () => {
        chmodSync(join(folder, 'a/b'), 0o755);
      },
      () => {
        symlinkSync('a/b', join(folder, 'link'));
      },
      () => {
        rmSync(join(folder, 'link'));
        symlinkSync('a/c', join(folder, 'link'));
      },
    ];
    for (const change of changes) {
      change();
      seen.push(await hash());
    }
    expect(new Set(seen).size).toBe(seen.length);
    utimesSync(join(folder, 'a/b'), 1, 1);
    expect(await hash()).toBe(seen.at(-1));
    expect(seen[0]).toMatch(/^sha256-[A-Za-z0-9+/]{43}=$/);
  });

  test('leaves out what is ignored: the manifest and its lock', async () => {
    const before = await hash();
    write('pets.toml', 'x');
    expect(await hash(ref(), [join(folder, 'pets.toml')])).toBe(before);
    expect(await hash()).not.toBe(before);
  });

  test('in a git work tree: tracked files as they are now; path: takes all', async () => {
    await git('init', '--quiet');
    expect(await hash()).toContain('is not tracked by git');
    await git('add', 'flake.nix');
    const before = await hash();
    write('untracked', 'x');
    expect(await hash()).toBe(before);
    expect(await hash(ref('path:./app'))).not.toBe(before);
    write('flake.nix', '{ dirty = true; }');
    const dirty = await hash();
    expect(dirty).not.toBe(before);
    await git('add', 'untracked');
    expect(await hash()).not.toBe(dirty);
    rmSync(join(folder, 'untracked'));
    expect(await hash()).toBe(dirty);
  });

  test('runs nothing that the repository’s own configuration names', async () => {
    const trap = join(folder, '.git/trap');
    await git('init', '--quiet');
    await git('add', 'flake.nix');
    await git('-c', 'user.name=t', '-c', 'user.email=t@localhost', 'commit', '--quiet', '--message', 'x');
    write('.git/run', `#!/bin/sh\necho "$0 $*" >> '${trap}'\n`);
    chmodSync(join(folder, '.git/run'), 0o755);
    for (const hook of ['post-index-change', 'reference-transaction', 'post-checkout'])
      symlinkSync('../run', join(folder, '.git/hooks', hook));
    const run = join(folder, '.git/run');
    for (const [key, value] of [
      ...[
        ['core.fsmonitor', run],
        ['pager.ls-files', run],
        ['core.pager', run],
        ['core.sshCommand', run],
      ],
      // What a partial clone lacks is fetched, by whatever its remote says.
      ...[
        ['remote.o.promisor', 'true'],
        ['remote.o.url', `ext::${run} x`],
        ['protocol.ext.allow', 'always'],
      ],
      ...[
        ['core.repositoryFormatVersion', '1'],
        ['extensions.partialClone', 'o'],
      ],
    ] as [string, string][])
      await git('config', key, value);
    write('flake.nix', '{ dirty = true; }');
    expect(await hash()).toMatch(/^sha256-/);
    const at = (rev: string) => ({ ...ref('git+file:./app'), url: `git+file://${folder}?rev=${rev}` });
    expect(await hash(at('1'.repeat(40)))).toContain('git does not know');
    expect(existsSync(trap)).toBe(false);
  });

  test('is of the folder that is named, whatever repository a hook of git’s is for', async () => {
    await git('init', '--quiet');
    await git('add', 'flake.nix');
    const wanted = await hash();
    const other = mkdtempSync(join(tmpdir(), 'pets-other-'));
    await exec('git', ['-C', other, 'init', '--quiet']);
    const ambient = {
      GIT_DIR: join(other, '.git'),
      GIT_WORK_TREE: other,
      GIT_INDEX_FILE: join(other, 'index'),
    };
    for (const [name, value] of Object.entries({ ...ambient, GIT_CEILING_DIRECTORIES: dirname(folder) })) {
      process.env[name] = value;
      expect([name, await hash()]).toEqual([name, wanted]);
      Reflect.deleteProperty(process.env, name);
    }
    rmSync(other, { recursive: true });
  });

  test('of a git+file: with a ref is that commit, whatever the ref’s name has in it', async () => {
    await git('init', '--quiet');
    await git('add', '-A');
    await git('-c', 'user.name=t', '-c', 'user.email=t@localhost', 'commit', '--quiet', '--message', 'x');
    await git('branch', 'a+b');
    const at = (name: string) => ({ ...ref('git+file:./app'), url: `git+file://${folder}?ref=${name}` });
    expect(await hash(at('a+b'))).toMatch(/^[0-9a-f]{40}$/);
    expect(await hash(at('a%2Bb'))).toBe(await hash(at('a+b')));
    expect(await hash(at('gone'))).toContain('git does not know gone');
  });

  test('a folder that is not there, a file, a folder without flake.nix', async () => {
    expect(await hash(ref('./x', join(folder, 'x')))).toContain('there is no');
    expect(await hash(ref('./f', join(folder, 'flake.nix')))).toContain('is not a directory');
    mkdirSync(join(folder, 'empty'));
    expect(await hash(ref('./e', join(folder, 'empty')))).toContain('there is no flake.nix');
  });
});

test('stage copies just what is hashed', async () => {
  await git('init', '--quiet');
  write('in/deep', 'x');
  write('out', 'x');
  symlinkSync('in/deep', join(folder, 'link'));
  await git('add', 'flake.nix', 'in', 'link');
  const target = mkdtempSync(join(tmpdir(), 'pets-staged-'));
  await stage(ref(), new Set(), target, exec);
  expect(readdirSync(target, { recursive: true }).map(String).sort()).toEqual([
    'flake.nix',
    'in',
    'in/deep',
    'link',
  ]);
  expect(await hash(ref('path:.', target))).toBe(await hash());
  rmSync(target, { recursive: true });
});

test('a link that leads out of the folder is copied, and nothing at its end is touched', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'pets-outside-'));
  writeFileSync(join(outside, 'file'), 'x');
  const times = () => [outside, join(outside, 'file')].map((path) => statSync(path).mtimeMs);
  const before = times();
  symlinkSync(outside, join(folder, 'away'));
  const target = mkdtempSync(join(tmpdir(), 'pets-staged-'));
  await stage(ref('path:.'), new Set(), target, exec);
  expect([readlinkSync(join(target, 'away')), times()]).toEqual([outside, before]);
  for (const made of [outside, target]) rmSync(made, { recursive: true });
});

describe('odd surroundings', () => {
  const inside = (name: string) => join(folder, name);

  test.each([
    [
      'an empty folder',
      () => {
        mkdirSync(inside('.git'));
      },
    ],
    [
      'an empty file',
      () => {
        writeFileSync(inside('.git'), '');
      },
    ],
  ])('a .git that is %s is none: all files count', async (_, make) => {
    write('a', 'one');
    make();
    const before = await hash(ref('./app'), [inside('.git')]);
    expect(before).toMatch(/^sha256-/);
    write('b', 'two');
    expect(await hash(ref('./app'), [inside('.git')])).not.toBe(before);
  });

  test('a flake.nix that is a link out of the folder is told, with where it leads', async () => {
    write('shared/flake.nix', '{ }');
    mkdirSync(inside('web'));
    symlinkSync('../shared/flake.nix', inside('web/flake.nix'));
    const result = await contentHash(ref('./web', inside('web')), new Set(), exec);
    expect(result).toMatchObject({
      problem: {
        message: `\`./web\`: its flake.nix is a link out of its folder, to ${inside('shared/flake.nix')}, which Nix does not see`,
        hint: expect.stringContaining(`flake-ref = "${inside('shared')}"`),
      },
    });
    symlinkSync('flake.nix', inside('shared/other.nix'));
    expect(await hash(ref('./shared', inside('shared')))).toMatch(/^sha256-/);
  });

  test('a repository of somebody else: whose, and the command that trusts it', async () => {
    await git('init', '-q');
    const stderr = `fatal: detected dubious ownership in repository at '${folder}'\nTo add an exception …`;
    const result = await contentHash(ref(), new Set(), () =>
      Promise.resolve({ exitCode: 128, stdout: '', stderr }),
    );
    expect(result).toEqual({
      problem: {
        code: 'git-failed',
        message: `git cannot list ${folder}: the repository ${folder} belongs to another user`,
        hint: `git config --global --add safe.directory ${folder}`,
      },
    });
  });

  test('anything else of git’s: its first line, and where to look', async () => {
    await git('init', '-q');
    const result = await contentHash(ref(), new Set(), () =>
      Promise.resolve({ exitCode: 128, stdout: '', stderr: 'fatal: bad index\nmore' }),
    );
    expect(result).toEqual({
      problem: {
        code: 'git-failed',
        message: `git cannot list ${folder}: bad index`,
        hint: `see what git says there: git -C ${folder} status`,
      },
    });
  });
});
