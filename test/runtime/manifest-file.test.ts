import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, test } from '@jest/globals';
import { manifestFile } from '../../src/runtime/manifest-file.js';
import { readProject, type Reader } from '../../src/runtime/project.js';
import { stateIn } from '../../src/runtime/state.js';
import { textFrom } from '../../src/lib/regular-file.js';
import { formatProblem, ProblemError } from '../../src/domain/problem.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pets-manifest-')));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const TEXT = 'project = "p"\n';

function readerOf(file: string, stdin = '', lockFile?: string): Reader {
  const input = Readable.from(
    stdin === '' ? [] : [Buffer.from(stdin.slice(0, 5)), Buffer.from(stdin.slice(5))],
  );
  const state = stateIn({ PETS_STATE_DIR: folder }, () => Promise.reject(new Error('nothing is run')));
  return { cwd: folder, file, lockFile, state, stdin: () => input } as unknown as Reader;
}

async function refusal(read: Promise<unknown>): Promise<string> {
  const error = await read.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemError)) return String(error);
  expect(error.exitCode).toBe(65);
  return error.problems.map((problem) => formatProblem(problem)).join('\n');
}

describe('standard input', () => {
  test.each(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'])('%s is read, once', async (file) => {
    const reader = readerOf(file, TEXT);
    const found = await manifestFile(reader);
    expect(found).toEqual({ text: TEXT, shown: '<stdin>', path: null, directory: folder, lockPath: null });
    expect(await manifestFile(reader)).toEqual(found);
  });

  test('its paths are seen from the working directory, its lock is where one is named', async () => {
    const reader = readerOf('-', `${TEXT}[apps.web]\nflake-ref = "./web"\n`, 'locks/p.lock');
    const { manifest, path, lockPath } = await readProject(reader);
    expect([path, lockPath]).toEqual([null, join(folder, 'locks/p.lock')]);
    expect(manifest.apps[0]?.source).toMatchObject({ ref: { directory: join(folder, 'web') } });
  });

  test('a problem in it has its place', async () => {
    expect(await refusal(readProject(readerOf('-', 'project = \n')))).toContain(
      '<stdin>:1:10: expected a value',
    );
  });

  test('what is no manifest has an end', async () => {
    async function* endless() {
      for (;;) yield await Promise.resolve(Buffer.alloc(65_536));
    }
    const reader = { ...readerOf('-'), stdin: () => endless() as unknown as ReturnType<Reader['stdin']> };
    expect(await refusal(manifestFile(reader))).toContain('more than 1.0 MiB');
  });
});

describe('a file', () => {
  test('that is a pipe, a device or a folder is refused in words', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await refusal(manifestFile(readerOf('pipe')))).toBe(
      'pets: pipe is a named pipe, not a regular file\n  hint: `-f -` reads the manifest from standard input',
    );
    expect(await refusal(manifestFile(readerOf('/dev/zero')))).toContain('is a device');
    expect(await refusal(manifestFile(readerOf('none')))).toContain('there is no none');
  });

  test('that is too large is not read, nor such a lock', async () => {
    writeFileSync(join(folder, 'large.toml'), '');
    truncateSync(join(folder, 'large.toml'), 200 * 2 ** 20);
    expect(await refusal(manifestFile(readerOf('large.toml')))).toBe(
      'pets: large.toml has 200.0 MiB, and at most 1.0 MiB are read',
    );
    writeFileSync(join(folder, 'p.toml'), TEXT);
    execFileSync('mkfifo', [join(folder, 'p.lock')]);
    expect(await refusal(readProject(readerOf('p.toml')))).toContain('p.lock is a named pipe');
  });

  test('of other bytes than UTF-8 is told at its place', () => {
    const bad = (...bytes: readonly number[]) => {
      try {
        return textFrom(Buffer.concat([Buffer.from('a = 1\nb = "é'), Buffer.from(bytes)]), 'f');
      } catch (error) {
        return error instanceof ProblemError
          ? error.problems.map((one) => formatProblem(one)).join('\n')
          : error;
      }
    };
    const told = 'f:2:7: not valid UTF-8\n  hint: save it as UTF-8';
    expect(bad(0xff, 0x22)).toBe(told);
    expect(bad(0xe2, 0x82, 0x22)).toBe(told);
    expect(bad(0xe2, 0x82)).toBe(told);
    expect(bad(0xc0, 0x80)).toBe(told);
    expect(bad(0xed, 0xa0, 0x80)).toBe(told);
    expect(bad(0xe2, 0x82, 0xac)).toBe('a = 1\nb = "é€');
  });
});
