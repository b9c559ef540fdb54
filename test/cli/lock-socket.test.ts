import { expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import { holderOf, takeSocket } from '../../src/cli/lock-socket.js';

let count = 0;
const newName = () => `\0pets-test-${process.pid}-${++count}`;

test('one has it at a time; who comes second is told, and told when it is free', async () => {
  const name = newName();
  const release = await takeSocket(name, 'the first');
  expect(await takeSocket(name, 'the second')).toBeNull();
  const holders = await Promise.all([holderOf(name), holderOf(name)]);
  expect(holders.map(({ words }) => words)).toEqual(['the first', 'the first']);
  let isGone = false;
  void holders[0].gone.then(() => (isGone = true));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isGone).toBe(false);
  await release?.();
  await Promise.all(holders.map(({ gone }) => gone));
  const again = await takeSocket(name, 'the second');
  expect(again).not.toBeNull();
  await again?.();
});

test('who asks and leaves keeps nobody from ending', async () => {
  const name = newName();
  const release = await takeSocket(name, 'me');
  (await holderOf(name)).leave();
  await release?.();
});

test('one that says nothing, too much, or has gone', async () => {
  const [silent, chatty, gone] = [newName(), newName(), newName()];
  const servers = [
    createServer().listen(silent),
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('x'.repeat(100_000));
    }).listen(chatty),
  ];
  const said = await holderOf(silent);
  expect(said.words).toBe('a process that does not say who it is');
  const long = await holderOf(chatty);
  expect(long.words?.length).toBeLessThanOrEqual(2000);
  expect((await holderOf(gone)).words).toBeNull();
  for (const holder of [said, long]) holder.leave();
  for (const server of servers) server.close();
});
