import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../support/places.js';
import { runToEnd } from '../support/process.js';

const INSTALLED = 'node_modules/.package-lock.json';
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-run-'));
  cpSync(join(ROOT, 'scripts/run.sh'), join(folder, 'scripts/run.sh'));
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  // Slow enough for one that does not wait to be seen.
  program('npm', `sleep 0.2; mkdir -p node_modules; : > ${INSTALLED}`);
  program('node', '');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** It notes that it was called, and with what. */
function program(name: string, does: string): void {
  const file = join(folder, 'bin', name);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho ${name} "$@" >> '${join(folder, 'calls')}'\n${does}\n`, {
    mode: 0o755,
  });
}

async function run(...args: readonly string[]) {
  const env = { PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? '/usr/bin:/bin'}` };
  const { code, stdout } = await runToEnd('sh', [join(folder, 'scripts/run.sh'), ...args], { env, cwd: '/' });
  return { code, stdout };
}

const calls = () =>
  existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') : [];

const NODE = 'node --import tsx test/bench/test.ts --story a file';

test('packages that are missing are installed first, and stdout is left to what is run', async () => {
  expect(await run('test/bench/test.ts', '--story', 'a file')).toEqual({ code: 0, stdout: '' });
  expect(calls()).toEqual(['npm ci --no-audit --no-fund', NODE]);
});

test('packages that are older than their lock file are installed anew; others are not', async () => {
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, INSTALLED), '');
  utimesSync(join(folder, 'package-lock.json'), 1, 1);
  await run('test/bench/test.ts', '--story', 'a file');
  expect(calls()).toEqual([NODE]);
  utimesSync(join(folder, INSTALLED), 0, 0);
  await run('test/bench/test.ts', '--story', 'a file');
  expect(calls()).toEqual([NODE, 'npm ci --no-audit --no-fund', NODE]);
});

test('of two that begin at once one installs them, and the other waits for it', async () => {
  await Promise.all([run('one.ts'), run('two.ts')]);
  expect(calls().filter((call) => call.startsWith('npm'))).toHaveLength(1);
  expect(calls()[0]).toContain('npm');
});

test('nothing is run with packages that could not be installed', async () => {
  program('npm', 'exit 3');
  expect((await run('test/bench/test.ts')).code).toBe(3);
  expect(calls()).toHaveLength(1);
});
