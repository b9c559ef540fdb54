import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeLock, type LockPlace, type Release } from '../../src/state/lock-socket.js';

// Root's share of the lock's tests: files of other users have to be made.

let folder = '';
let server: Server | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-lock-'));
  chmodSync(folder, 0o1777);
});
afterEach(() => {
  server?.close();
  server = null;
  rmSync(folder, { recursive: true });
});

const [NOBODY, GROUP] = [65534, 4242];
const place = (change: Partial<LockPlace> = {}): LockPlace => ({
  folder,
  prefix: 'l-',
  group: null,
  ...change,
});
async function free(at = place()): Promise<Release> {
  const taken = await takeLock(at, 'root');
  if (typeof taken !== 'function') throw new Error(`it is held by ${String(taken.words)}`);
  return taken;
}
/** Another user's socket of this name. */
async function listening(name: string, gid: number): Promise<void> {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(`${name}\n`);
  });
  const path = join(folder, name);
  await new Promise<void>((resolve) => server?.listen(path, resolve));
  chownSync(path, NOBODY, gid);
}

test('a stranger is not believed, whatever name he listens under', async () => {
  await listening('l-stranger', NOBODY);
  await (
    await free(place({ group: GROUP }))
  )();
  expect(readdirSync(folder)).toEqual(['l-stranger']);
});

test('a member of the socket’s group is, and may ask us', async () => {
  await listening('l-alice', GROUP);
  const met = await takeLock(place({ group: GROUP }), 'root');
  if (typeof met === 'function') throw new Error('it is free');
  expect(met.words).toBe('l-alice');
  met.leave();
  const release = await free(place({ prefix: 'own-', group: GROUP }));
  const [name = ''] = readdirSync(folder).filter((entry) => entry.startsWith('own-'));
  const { gid, mode } = statSync(join(folder, name));
  expect([gid, mode & 0o777]).toEqual([GROUP, 0o660]);
  await release();
});

test('who is no operator can neither ask the holder nor keep it busy', async () => {
  const release = await free();
  const code = `require('node:net').createConnection(process.argv[1])
    .on('error', (error) => { process.stdout.write(error.code); process.exit(); })
    .on('connect', () => { process.stdout.write('connected'); process.exit(); });`;
  const [name = ''] = readdirSync(folder);
  const as = { uid: NOBODY, gid: NOBODY, cwd: '/' };
  expect(execFileSync(process.execPath, ['-e', code, join(folder, name)], as).toString()).toBe('EACCES');
  await release();
});
