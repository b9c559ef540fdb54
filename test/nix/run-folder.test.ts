import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeRunFolder } from '../../src/nix/run-folder.js';

const DAY_MS = 24 * 60 * 60 * 1000;
let parent = '';
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'pets-sweep-'));
});
afterAll(() => {
  rmSync(parent, { recursive: true });
});

function folder(name: string, age: number): string {
  const path = join(parent, name);
  mkdirSync(join(path, 'roots'), { recursive: true });
  const at = (Date.now() - age) / 1000;
  utimesSync(path, at, at);
  return path;
}

test('what killed runs left behind goes after a day; nothing else does', async () => {
  // No process has this id: it is above the kernel's limit.
  const gone = 4_194_305;
  const stale = folder(`pets-run-${gone}-aaaaaa`, DAY_MS + 60_000);
  const kept = [
    folder(`pets-run-${gone}-bbbbbb`, DAY_MS - 60_000),
    folder(`pets-run-${process.pid}-cccccc`, 9 * DAY_MS),
    folder('pets-run-photos', 9 * DAY_MS),
    folder('pets-photos', 9 * DAY_MS),
  ];
  const made = await makeRunFolder(parent);
  expect(dirname(made)).toBe(parent);
  expect(existsSync(stale)).toBe(false);
  for (const path of [...kept, made]) expect(existsSync(path)).toBe(true);
});
