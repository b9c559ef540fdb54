import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { hostView, localHost } from '../../../src/incus/observe/host.js';
import { listeningSockets, ownersOnce } from '../../../src/incus/observe/sockets.js';
import { formatBinding, parseProxyListen } from '../../../src/domain/binding.js';
import type { Binding } from '../../../src/domain/binding.js';
import { freeRange } from '../../ports.js';

const binding = (text: string) => parseProxyListen(text) as Binding;
const probe = (text: string, ms = 0) => localHost.probe(binding(text), ms);
const accepts = (text: string, ms = 0) => localHost.accepts(binding(text), ms);

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

/** Listens on a free port, or on a socket file. */
async function tcp(options: { host: string; port?: number } | { path: string }): Promise<number> {
  const server: Server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) =>
    server.listen('path' in options ? options : { port: 0, ...options }, resolve),
  );
  open.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function udp(address: string): Promise<number> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve) => socket.bind({ address, port: 0 }, resolve));
  open.push(() => new Promise<void>((resolve) => socket.close(resolve)));
  return socket.address().port;
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-host-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('ports', () => {
  test('that are in use are found before Incus needs six seconds to; udp and tcp do not mind each other', async () => {
    const port = await tcp({ host: '127.0.0.1' });
    expect(await probe(`tcp:127.0.0.1:${port}`)).toBe('is in use');
    expect(await probe(`tcp:0.0.0.0:${port}`)).toBe('is in use');
    expect(await probe(`tcp:127.0.0.2:${port}`)).toBeNull();
    expect(await probe(`udp:127.0.0.1:${port}`)).toBeNull();
    const other = await udp('127.0.0.1');
    expect(await probe(`udp:127.0.0.1:${other}`)).toBe('is in use');
    expect(await probe(`udp:0.0.0.0:${other}`)).toBe('is in use');
  });

  test('of a range are all tried', async () => {
    const [, , port = 0] = await freeRange(3);
    await tcp({ host: '127.0.0.1', port });
    expect(await probe(`tcp:127.0.0.1:${port - 2}-${port}`)).toBe(`is in use (port ${port})`);
    expect(await probe(`tcp:127.0.0.1:${port}-${port}`)).toBe('is in use');
  });

  test('a wildcard takes the other family’s port too', async () => {
    const port = await tcp({ host: '::1' });
    expect(await probe(`tcp:0.0.0.0:${port}`)).toBe('is in use');
  });

  test('on an address of somebody else', async () => {
    expect(await probe('tcp:192.0.2.1:7700')).toBe('is not an address of this host');
    expect(await probe('udp:192.0.2.1:7700')).toBe('is not an address of this host');
  });

  test('accept when something answers on each, of udp when something is bound', async () => {
    const [port = 0] = await freeRange(3);
    await tcp({ host: '127.0.0.1', port });
    await accepts(`tcp:127.0.0.1:${port}`);
    await tcp({ host: '127.0.0.1', port: port + 1 });
    await accepts(`tcp:127.0.0.1:${port}-${port + 1}`);
    await expect(accepts(`tcp:127.0.0.1:${port}-${port + 2}`)).rejects.toThrow(
      `nothing accepts connections on 127.0.0.1:${port}-${port + 2}`,
    );
    const other = await udp('::');
    await accepts(`udp:0.0.0.0:${other}`);
    await expect(accepts(`tcp:0.0.0.0:${other}`)).rejects.toThrow('nothing accepts');
    await expect(accepts(`udp:127.0.0.2:${other}`)).rejects.toThrow('nothing accepts');
  });

  test('that an ending forwarder still holds are waited for', async () => {
    const port = await tcp({ host: '127.0.0.1' });
    const waiting = probe(`tcp:0.0.0.0:${port}`, 5000);
    // It has looked once before the server is told to close.
    await probe(`tcp:127.0.0.1:${port}`);
    await Promise.all(open.splice(0).map((close) => close()));
    expect(await waiting).toBeNull();
  });

  test('are waited for', async () => {
    const port = await tcp({ host: '127.0.0.1' });
    await Promise.all(open.splice(0).map((close) => close()));
    const waiting = accepts(`tcp:127.0.0.1:${port}`, 5000);
    await tcp({ host: '127.0.0.1', port });
    await waiting;
  });
});

describe('socket files', () => {
  test('can be made where there is a folder and nothing else', async () => {
    expect(await probe(`unix:${folder}/free.sock`)).toBeNull();
    expect(await probe(`unix:${folder}/nope/x.sock`)).toBe(
      `cannot be made: there is no folder ${folder}/nope`,
    );
    writeFileSync(`${folder}/file`, 'dear');
    expect(await probe(`unix:${folder}/file`)).toBe('is there and is not a socket: Incus would delete it');
    expect(await probe(`unix:${folder}/file/x.sock`)).toBe(`cannot be made: ${folder}/file is not a folder`);
    expect(await probe(`unix:/${'x'.repeat(107)}`)).toBe('is longer than 107 bytes');
  });

  test('that somebody listens on are in use; ones left behind are not', async () => {
    const path = join(folder, 'a socket');
    await tcp({ path });
    expect(await probe(`unix:${path}`)).toBe('is in use');
    await accepts(`unix:${path}`);
    const left = join(folder, 'left.sock');
    // Node removes its socket file unless it is killed.
    const program = `require('net').createServer().listen(${JSON.stringify(left)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', program]);
    expect(await probe(`unix:${left}`)).toBeNull();
    await expect(accepts(`unix:${left}`)).rejects.toThrow(`nothing accepts connections on unix:${left}`);
  });
});

describe('folders', () => {
  test('are made with those above them, as often as one likes', async () => {
    await localHost.makeFolder(join(folder, 'a/b'));
    await localHost.makeFolder(join(folder, 'a/b'));
    mkdirSync(join(folder, 'a/b/c'));
  });

  test('where something else is are a problem', async () => {
    writeFileSync(`${folder}/taken`, '');
    for (const path of [`${folder}/taken`, `${folder}/taken/below`]) {
      await expect(localHost.makeFolder(path)).rejects.toThrow(
        `cannot make the folder ${path}: something else is there`,
      );
    }
  });
});

const view = (daemon: number | null = null) =>
  hostView({ profile: () => undefined, made: () => ({ config: {}, devices: {} }) }, ownersOnce(), daemon);

test('the kernel shows what listens, and who that is', async () => {
  const path = join(folder, 'seen.sock');
  const names = [
    `127.0.0.1:${await tcp({ host: '127.0.0.1' })}`,
    `[::1]:${await tcp({ host: '::1' })}`,
    `127.0.0.1:${await udp('127.0.0.1')}/udp`,
    `[::1]:${await udp('::1')}/udp`,
    `unix:${path}`,
  ];
  await tcp({ path });
  const found = listeningSockets().filter((s) => names.includes(formatBinding(s.binding)));
  expect(found.map((s) => formatBinding(s.binding)).sort()).toEqual([...names].sort());
  for (const socket of found) {
    const { words, isForwarder } = view().holderOf(socket);
    expect(words).toMatch(new RegExp(`^process ${process.pid} \\(`));
    expect(isForwarder).toBe(false);
  }
  expect(view().addresses).toContain('127.0.0.1');
});

/** A program that is called like a forwarder of Incus; where its socket is. */
async function forwarder(name: string, call: string): Promise<{ path: string; pid: string }> {
  const path = join(folder, name);
  const program = `require('net').createServer().listen(${JSON.stringify(path)})`;
  const child = spawn(process.execPath, ['-e', program], { argv0: `/usr/libexec/incus/incusd ${call}` });
  open.push(() => new Promise((resolve) => child.once('exit', resolve).kill()));
  await accepts(`unix:${path}`, 10_000);
  return { path, pid: String(child.pid) };
}
const holderAt = (path: string, daemon: number | null) => {
  const socket = listeningSockets().find((s) => formatBinding(s.binding) === `unix:${path}`);
  return socket && view(daemon).holderOf(socket);
};

test('a forwarder that nobody has any more is named with what ends it', async () => {
  const ours = await forwarder('forwarder.sock', 'forkproxy');
  expect(holderAt(ours.path, null)).toEqual({
    words: `a forwarder of Incus that no running instance has: \`kill ${ours.pid}\` ends it`,
    isForwarder: true,
  });
});

test('one of another daemon is not waited for; one of a daemon that has gone may be ours', async () => {
  const [daemon, gone] = [process.pid, 2 ** 22 + 1];
  const { path, pid } = await forwarder('other.sock', `forkproxy -- ${daemon} 4 tcp:127.0.0.1:1`);
  expect(holderAt(path, daemon)).toMatchObject({ isForwarder: true });
  expect(holderAt(path, null)).toMatchObject({ isForwarder: true });
  expect(holderAt(path, 1)).toEqual({
    words: `process ${pid}, a forwarder of another Incus`,
    isForwarder: false,
  });
  const left = await forwarder('restart.sock', `forkproxy -- ${gone} 4 tcp:127.0.0.1:1`);
  expect(holderAt(left.path, 1)).toMatchObject({ isForwarder: true });
});

test('however many sockets are asked about, all processes are looked through once, and only when one is', () => {
  let walks = 0;
  const owners = ownersOnce(() => {
    walks++;
    return new Map([['7', String(process.pid)]]);
  });
  expect(walks).toBe(0);
  for (let n = 0; n < 50; n++) owners(String(n));
  expect(owners('7')).toMatchObject({ pid: String(process.pid), forwarder: null });
  expect(owners('8')).toBeNull();
  expect(walks).toBe(1);
});
