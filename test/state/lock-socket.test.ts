import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  isBelieved,
  takeLock,
  type Holder,
  type LockPlace,
  type Release,
} from '../../src/state/lock-socket.js';
import { sleep } from '../support/wait.js';

let folder = '';
const servers: Server[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-lock-'));
  chmodSync(folder, 0o1777);
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true });
});

const NOBODY = 65534;
const place = (change: Partial<LockPlace> = {}): LockPlace => ({
  folder,
  prefix: 'l-',
  group: null,
  ...change,
});
const free = async (words: string, at = place()): Promise<Release> => {
  const taken = await takeLock(at, words);
  if (typeof taken !== 'function') throw new Error(`it is held by ${String(taken.words)}`);
  return taken;
};
const held = async (at = place()): Promise<Holder> => {
  const met = await takeLock(at, 'another');
  if (typeof met === 'function') throw new Error('it is free');
  return met;
};
/** Somebody's socket of this name, `says` to who connects. */
const listening = (name: string, says: string): Promise<string> =>
  new Promise((resolve) => {
    const path = join(folder, name);
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(says);
    });
    servers.push(server);
    server.listen(path, () => {
      resolve(path);
    });
  });

test('one has it at a time; who comes second is told, and told when it is free', async () => {
  const release = await free('the first');
  const holders = await Promise.all([held(), held()]);
  expect(holders.map(({ words }) => words)).toEqual(['the first', 'the first']);
  let isGone = false;
  void holders[0].gone.then(() => (isGone = true));
  await sleep(50);
  expect(isGone).toBe(false);
  await release();
  await Promise.all(holders.map(({ gone }) => gone));
  await (
    await free('the second')
  )();
  expect(readdirSync(folder)).toEqual([]);
});

test('of many at once exactly one has it, again and again', async () => {
  let [inside, most, turns] = [0, 0, 0];
  const work = async () => {
    for (;;) {
      const met = await takeLock(place(), 'me');
      if (typeof met === 'function') {
        most = Math.max(most, ++inside);
        turns++;
        await sleep(5);
        inside--;
        return met();
      }
      await met.gone;
      met.leave();
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  expect([most, turns]).toEqual([1, 8]);
});

test('another lock in the same folder is another', async () => {
  const [one, two] = [await free('a'), await free('b', place({ prefix: 'm-' }))];
  await Promise.all([one(), two()]);
});

test('who asks and leaves keeps nobody from ending', async () => {
  const release = await free('me');
  (await held()).leave();
  await release();
});

test('one that was killed is not in the way, and what it left is removed', async () => {
  const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script, join(folder, 'l-dead')]);
  expect(readdirSync(folder)).toEqual(['l-dead']);
  const release = await free('me');
  expect(readdirSync(folder)).not.toContain('l-dead');
  await release();
});

test('what is no socket is not in the way: a link, a file, a folder of this name', async () => {
  const own = await listening('elsewhere', 'not the lock\n');
  symlinkSync(own, join(folder, 'l-link'));
  writeFileSync(join(folder, 'l-file'), '');
  await (
    await free('me')
  )();
});

test('one that says nothing, or too much', async () => {
  await listening('l-silent', '');
  const silent = await held();
  expect(silent.words).toBe('a process that does not say who it is');
  silent.leave();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  await listening('l-chatty', 'x'.repeat(100_000));
  const chatty = await held();
  expect(chatty.words?.length).toBeLessThanOrEqual(2000);
  chatty.leave();
});

test('root, ourselves and the members of the socket’s group are believed, and nobody else', () => {
  const file = { uid: NOBODY, gid: NOBODY };
  expect(isBelieved(file, null, 1000)).toBe(false);
  expect(isBelieved(file, 4242, 1000)).toBe(false);
  expect(isBelieved({ ...file, uid: 0 }, null, 1000)).toBe(true);
  expect(isBelieved({ ...file, uid: 1000 }, null, 1000)).toBe(true);
  expect(isBelieved({ ...file, gid: 4242 }, 4242, 1000)).toBe(true);
});
