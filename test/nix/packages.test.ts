import { describe, expect, test } from '@jest/globals';
import { packageChanges, packageOf, packagesBetween } from '../../src/nix/packages.js';
import type { Exec } from '../../src/lib/program.js';
import { FailedProgram } from '../../src/domain/problem.js';

/** A store path of this name; `hash` tells builds of it apart. */
function path(name: string, hash = 'a'): string {
  return `/nix/store/${hash.repeat(32)}-${name}`;
}

describe('name and version', () => {
  test.each([
    ['python3-3.11.9', 'python3', '3.11.9'],
    ['hello-web', 'hello-web', ''],
    ['unit-hello.service', 'unit-hello.service', ''],
    ['perl5.38.2-URI-5.21', 'perl5.38.2-URI', '5.21'],
    ['openssl-3.0.13-bin', 'openssl', '3.0.13'],
    ['gcc-13.2.0-lib', 'gcc', '13.2.0'],
    ['glibc-2.39-52-lib64', 'glibc', '2.39-52'],
    ['zfs-2.2.4-unstable', 'zfs', '2.2.4-unstable'],
    ['tool-1.0-rc', 'tool', '1.0-rc'],
    ['anywhen-0-unstable-2026-01-02', 'anywhen', '0-unstable-2026-01-02'],
    ['etc', 'etc', ''],
    ['a-', 'a-', ''],
    ['nixos-system-web-25.11.20260102.abcdef0', 'nixos-system', '25.11.20260102.abcdef0'],
    ['nixos-system-web-2-x-25.11pre-git', 'nixos-system', '25.11pre-git'],
  ])('%s', (written, name, version) => {
    expect(packageOf(path(written))).toEqual({ name, version });
  });
});

describe('what changes', () => {
  const changes = (before: readonly string[], after: readonly string[], sizes: Record<string, number> = {}) =>
    packageChanges(new Set(before), new Set(after), new Map(Object.entries(sizes)));

  test('nothing', () => {
    expect(changes([path('a-1'), path('b')], [path('b'), path('a-1')])).toEqual([]);
  });

  test('a version, with the sizes of all outputs; what is new, and what is gone', () => {
    const [old, doc, fresh, added, gone] = [
      path('python3-3.11.9'),
      path('python3-3.11.9-doc'),
      path('python3-3.12.3'),
      path('unit-web.service'),
      path('oldtool-1'),
    ];
    const sizes = { [old]: 100, [doc]: 20, [fresh]: 150, [added]: 7, [gone]: 9 };
    expect(changes([old, doc, gone, path('same-1')], [fresh, added, path('same-1')], sizes)).toEqual([
      { name: 'oldtool', from: ['1'], to: [], bytes: -9 },
      { name: 'python3', from: ['3.11.9'], to: ['3.12.3'], bytes: 30 },
      { name: 'unit-web.service', from: [], to: [''], bytes: 7 },
    ]);
  });

  test('the same version built anew names none', () => {
    const [old, fresh] = [path('etc'), path('etc', 'b')];
    expect(changes([old], [fresh], { [old]: 5, [fresh]: 8 })).toEqual([
      { name: 'etc', from: [], to: [], bytes: 3 },
    ]);
  });

  test('of several versions, those that both have are not named; the others by their numbers', () => {
    const before = [path('gcc-12'), path('gcc-9'), path('gcc-13')];
    expect(changes(before, [path('gcc-13'), path('gcc-14')])).toEqual([
      { name: 'gcc', from: ['9', '12'], to: ['14'], bytes: 0 },
    ]);
  });
});

describe('asking Nix', () => {
  /** By the last argument. */
  const answering =
    (answers: Record<string, string>, error = ''): Exec =>
    (_, args) => {
      const stdout = answers[args.at(-1) ?? ''];
      const exitCode = stdout === undefined ? 1 : 0;
      return Promise.resolve({ exitCode, stdout: stdout ?? '', stderr: stdout === undefined ? error : '' });
    };

  test('sizes are asked of what differs only', async () => {
    const exec = answering({
      [path('old')]: [path('a-1'), path('c-1'), path('old')].join('\n'),
      [path('new')]: [path('a-2'), path('c-1'), path('new')].join('\n'),
    });
    const asked: string[][] = [];
    const watched: Exec = (command, args) => {
      if (!args.includes('--size')) return exec(command, args);
      asked.push(args.slice(2));
      return Promise.resolve({ exitCode: 0, stdout: '10\n1\n12\n1', stderr: '' });
    };
    expect(await packagesBetween(path('old'), path('new'), watched)).toMatchObject([
      { name: 'a', from: ['1'], to: ['2'], bytes: 2 },
      { name: 'new', bytes: 1 },
      { name: 'old', bytes: -1 },
    ]);
    expect(asked).toEqual([[path('a-1'), path('old'), path('a-2'), path('new')]]);
  });

  test('the same system: nobody is asked', async () => {
    expect(await packagesBetween(path('a'), path('a'), answering({}))).toEqual([]);
  });

  test('a path that is not there is no error, anything else is', async () => {
    const gone = answering({ [path('a')]: '' }, `error: path '${path('b')}' is not valid`);
    expect(await packagesBetween(path('a'), path('b'), gone)).toBeNull();
    const broken = answering({ [path('a')]: '' }, 'error: opening lock file: Permission denied');
    const asked = packagesBetween(path('a'), path('b'), broken);
    await expect(asked).rejects.toThrow('Permission denied');
    await expect(asked).rejects.toBeInstanceOf(FailedProgram);
  });
});
