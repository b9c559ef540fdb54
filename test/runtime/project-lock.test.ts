import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer as createDaemon } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../src/runtime/context.js';
import { createRuntime } from '../../src/runtime/runtime.js';
import { holdProject } from '../../src/runtime/project-lock.js';
import { EXIT } from '../../src/domain/problem.js';

let folder = '';
const servers: Server[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-daemons-'));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true });
});

const PROJECT = `lock-test-${process.pid}`;
const OPTIONS = { progress: 'quiet', quiet: true, color: 'never' } as const;
const hold = (socket: string) =>
  holdProject(
    createRuntime(
      {
        argv: ['up'],
        env: { INCUS_SOCKET: socket },
        stdin: {},
        stdout: {},
        stderr: {},
      } as unknown as Context,
      OPTIONS,
    ),
    PROJECT,
    { lockWait: 0 },
  );

/** A daemon that says who it is, on a socket of this name. */
function daemon(name: string, certificate_fingerprint: string): Promise<string> {
  const socket = join(folder, name);
  const body = JSON.stringify({ type: 'sync', metadata: { environment: { certificate_fingerprint } } });
  const server = createDaemon((_, reply) => reply.end(body));
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(socket, () => {
      resolve(socket);
    });
  });
}

test('the lock is the daemon’s, by whatever path it is reached', async () => {
  const socket = await daemon('one.sock', 'abc');
  symlinkSync(socket, join(folder, 'link.sock'));
  const forwarder = await daemon('forwarder.sock', 'abc');
  const release = await hold(socket);
  for (const other of [
    socket,
    join(folder, 'link.sock'),
    `${folder}/../${socket.slice(tmpdir().length)}`,
    forwarder,
  ])
    await expect(hold(other)).rejects.toMatchObject({ exitCode: EXIT.locked });
  await release();
  await (
    await hold(forwarder)
  )();
});

test('another daemon’s is another', async () => {
  const releases = [await hold(await daemon('one.sock', 'abc')), await hold(await daemon('two.sock', 'def'))];
  for (const release of releases) await release();
});

test('one that is away is known by its path, also by who saw it before', async () => {
  const socket = await daemon('one.sock', 'abc');
  const release = await hold(socket);
  for (const server of servers.splice(0)) server.close();
  await expect(hold(socket)).rejects.toMatchObject({ exitCode: EXIT.locked });
  await release();
  await (
    await hold(socket)
  )();
});

test('who listens under a name that anybody can take is in nobody’s way', async () => {
  const socket = await daemon('one.sock', 'abc');
  for (const identity of [socket, 'abc'])
    for (const end of ['', '-']) {
      const hash = createHash('sha256').update(`${identity} ${PROJECT}`).digest('hex');
      const server = createServer((stranger) => stranger.end('give me money\n'));
      servers.push(server.listen(`\0pets-${hash}${end}`));
    }
  await (
    await hold(socket)
  )();
});
