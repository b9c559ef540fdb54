import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { linesOf, readRegular, UnfitFile } from '../../src/lib/regular-file.js';

const folder = mkdtempSync(join(tmpdir(), 'pets-regular-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const at = (name: string) => join(folder, name);

function refusal(read: () => unknown): string {
  try {
    read();
    return 'it was read';
  } catch (error) {
    return error instanceof UnfitFile ? error.message : String(error);
  }
}

test('a regular file is read, through a link and where it has no size', () => {
  writeFileSync(at('a'), 'one\ntwo');
  symlinkSync('a', at('link'));
  expect(readRegular(at('link'), 7).toString()).toBe('one\ntwo');
  expect(readRegular('/proc/self/stat', 4096).toString()).toContain(String(process.pid));
  expect(() => readRegular(at('none'), 1)).toThrow('ENOENT');
});

test('anything else is refused in words, and nothing is waited for', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  mkdirSync(at('folder'));
  const server = createServer().listen(at('socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  for (const [path, words] of [
    [at('pipe'), 'is a named pipe, not a regular file'],
    [at('folder'), 'is a folder, not a regular file'],
    [at('socket'), 'is a socket, not a regular file'],
    ['/dev/zero', 'is a device, not a regular file'],
  ] as const) {
    expect(refusal(() => readRegular(path, 10))).toBe(words);
    expect(refusal(() => linesOf(path, () => true))).toBe(words);
  }
  server.close();
});

test('one that is too large is not read', () => {
  writeFileSync(at('large'), '');
  truncateSync(at('large'), 200 * 2 ** 20);
  expect(refusal(() => readRegular(at('large'), 2 ** 20))).toBe(
    'has 200.0 MiB, and at most 1.0 MiB are read',
  );
  expect(refusal(() => readRegular('/proc/self/maps', 16))).toContain('and at most 0.0 KiB are read');
});

test('lines come whole wherever a piece ends, and only those that are wanted', () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `${'é'.repeat(i % 60)} ${i}`);
  writeFileSync(at('lines'), lines.join('\n'));
  expect(linesOf(at('lines'), () => true)).toEqual(lines);
  expect(linesOf(at('lines'), (line) => line.endsWith(' 4999'))).toEqual([lines[4999]]);
  writeFileSync(at('lines'), '');
  expect(linesOf(at('lines'), () => true)).toEqual([]);
});
