import { execFile } from 'node:child_process';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codeIn, Heads, hostOf, MOST_BYTES, requestFor, type Exchange } from '../../src/guest/http.js';
import { knockAt } from '../../src/guest/knock.js';
import { FETCH, PRELUDE } from '../../src/guest/shell.js';
import { exchangeThrough } from '../../src/guest/through.js';
import type { IpAddress, Port } from '../../src/domain/names.js';
import type { Listen } from '../../src/domain/binding.js';
import { guestHere } from './here.js';

/** What it says once it is asked, each way as odd as it comes; and what both clients make of it. */
const SERVERS: Readonly<Record<string, readonly [speak: (socket: Socket) => void, code: number | string]>> = {
  'an answer': [says('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 200],
  'lines that end with LF alone': [says('HTTP/1.1 200 OK\nContent-Length: 2\n\nok'), 200],
  'no reason, and an older version': [says('HTTP/1.0 204\n\n'), 204],
  'a connection that stays open': [says('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'stays'), 200],
  'early hints first': [
    says('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', 'stays'),
    200,
  ],
  'several interim answers, then a bad one': [
    says('HTTP/1.1 100 Continue\n\nHTTP/1.1 102\r\n\r\nHTTP/1.1 103\n\nHTTP/1.1 500 Oh\n\n', 'stays'),
    500,
  ],
  'a reason that looks interim': [says('HTTP/1.1 404 Error 103 found\r\n\r\n', 'stays'), 404],
  'an answer in single bytes': [drips('HTTP/1.1 103 E\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', 1), 200],
  'no more than a first line': [says('HTTP/1.1 200 OK\r\n'), 200],
  'interim answers only': [says('HTTP/1.1 103 Early Hints\r\n\r\n'), 'closed'],
  'nothing, and hangs up': [says(''), 'closed'],
  'a reset': [(socket) => socket.resetAndDestroy(), 'closed'],
  'something else': [says('SSH-2.0-OpenSSH_9.2\r\n', 'stays'), 'other'],
  'an empty line': [says('\r\n', 'stays'), 'other'],
  'no code': [says('HTTP/1.1 OK\r\n\r\n', 'stays'), 'other'],
  'a body without an end': [endless('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(4096)), 200],
  'headers without an end': [endless('HTTP/1.1 200 OK\r\n', `X: ${'x'.repeat(4000)}\r\n`), 'long'],
  'a first line without an end': [endless('HTTP/1.1 200 O', 'K'.repeat(4096)), 'long'],
  'interim answers without an end': [endless('', 'HTTP/1.1 103 Early Hints\r\n\r\n'), 'long'],
  'nothing at all': [says('', 'stays'), 'late'],
  'headers that come by the byte, for ever': [
    drips(`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(9999)}`, 50),
    'late',
  ],
};

function says(text: string, then: 'ends' | 'stays' = 'ends') {
  return (socket: Socket): void => {
    socket.write(text, 'latin1');
    if (then === 'ends') socket.end();
  };
}

function drips(text: string, everyMs: number) {
  return (socket: Socket): void => {
    let at = 0;
    const timer = setInterval(() => socket.write(text[at++] ?? '', 'latin1'), everyMs);
    socket.on('close', () => {
      clearInterval(timer);
    });
  };
}

function endless(head: string, more: string) {
  return (socket: Socket): void => {
    const pour = () => {
      while (!socket.destroyed && socket.write(more, 'latin1'));
    };
    socket.on('drain', pour);
    socket.write(head, 'latin1');
    pour();
  };
}

const asked: string[] = [];
const sockets = new Set<Socket>();
const servers = Object.entries(SERVERS).map(([name, [speak]]) => {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.setNoDelay();
    let request = '';
    socket.on('data', (piece) => {
      request += piece.toString('latin1');
      if (!request.endsWith('\r\n\r\n')) return;
      asked.push(request);
      speak(socket);
    });
  });
  return { name, server };
});

const REQUEST = requestFor('/healthz?a=%20b', 'notes.example.org');
const at = (name: string): Listen => {
  const { port } = servers.find((one) => one.name === name)?.server.address() as AddressInfo;
  return { address: '127.0.0.1' as IpAddress, port: port as Port };
};

beforeAll(() =>
  Promise.all(servers.map(({ server }) => new Promise<void>((up) => server.listen(0, '127.0.0.1', up)))),
);
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  for (const { server } of servers) server.close();
});

/** What the guest does, at a port of this machine. */
const FETCHED = `${PRELUDE}${FETCH}exec 3<>"/dev/tcp/127.0.0.1/$1"
fetch "$2" "$3"
printf '%s\\n' "$end" "$first"`;

async function fetched({ port }: Listen, seconds: number): Promise<Exchange> {
  const args = ['-c', FETCHED, 'bash', String(port), REQUEST, String(seconds)];
  const { stdout } = await promisify(execFile)('bash', args, { encoding: 'latin1' });
  const [end = '', first = ''] = stdout.split('\n');
  return { end: end as Exchange['end'], first };
}

describe.each(Object.entries(SERVERS))('%s', (name, [, code]) => {
  test('in the guest', async () => {
    expect(codeIn(await fetched(at(name), code === 'late' ? 1 : 300))).toBe(code);
  });

  test('through the exposure', async () => {
    const exchange = await exchangeThrough(at(name), REQUEST, code === 'late' ? 500 : 300_000);
    expect('why' in exchange ? exchange : codeIn(exchange)).toBe(code);
  });
});

test('all were asked the same, byte for byte', () => {
  const words =
    'GET /healthz?a=%20b HTTP/1.1\r\nHost: notes.example.org\r\nUser-Agent: pets\r\nAccept: */*\r\n';
  expect([...new Set(asked)]).toEqual([`${words}Connection: close\r\n\r\n`]);
  expect(asked).toHaveLength(2 * servers.length);
});

test('a look at the guest has the answer, and who gave it', async () => {
  expect(await knockAt(guestHere(60_000), at('early hints first').port, REQUEST)).toMatchObject({
    isOpen: true,
    exchange: { end: 'read', first: 'HTTP/1.1 200 OK' },
    listeners: [{ pid: process.pid }],
  });
});

test('where nobody listens', async () => {
  const [one] = servers;
  const { port } = at(one?.name ?? '');
  await new Promise((closed) => one?.server.close(closed));
  const listen = { address: '127.0.0.1' as IpAddress, port };
  expect(await exchangeThrough(listen, REQUEST, 60_000)).toEqual({
    why: 'connection refused',
    isRefused: true,
  });
  expect(await knockAt(guestHere(60_000), port, REQUEST)).toMatchObject({ isOpen: false });
});

test('no more is read than there may be, however it comes', () => {
  const heads = new Heads();
  let pieces = 1;
  while (!heads.add('HTTP/1.1 200 OK\r\n')) pieces++;
  expect(pieces).toBe(Math.ceil(MOST_BYTES / 'HTTP/1.1 200 OK\r\n'.length));
  expect(new Heads().add('x'.repeat(10 * MOST_BYTES))).toBe(true);
});

test.each([
  ['127.0.0.1', 7700, '127.0.0.1:7700'],
  ['0.0.0.0', 7700, '127.0.0.1:7700'],
  ['192.168.0.2', 80, '192.168.0.2'],
  ['::', 7700, '[::1]:7700'],
  ['fd00::2', 443, '[fd00::2]:443'],
])('the name of %s with port %i is %s', (address, port, host) => {
  expect(hostOf({ address: address as IpAddress, port: port as Port })).toBe(host);
});
