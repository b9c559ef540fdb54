import { createServer, type RequestListener } from 'node:http';
import net from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { ConnectionLost, sender } from '../../../src/incus/client/http.js';
import { EXIT } from '../../../src/domain/problem.js';

let folder = '';
let undo: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-http-'));
});
afterEach(async () => {
  for (const step of undo) await step();
  undo = [];
  rmSync(folder, { recursive: true });
});

/** A daemon on a socket, and what ends it. */
async function daemon(answer: RequestListener): Promise<{ socket: string; end: () => Promise<unknown> }> {
  const socket = join(folder, 'incus.socket');
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const end = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  undo.push(end);
  return { socket, end };
}

const answers =
  (status: number, error = ''): RequestListener =>
  (_, res) => {
    res.writeHead(status).end(JSON.stringify({ type: 'error', error, error_code: status }));
  };

test('where no daemon ever answered there is none', async () => {
  const send = sender(join(folder, 'nowhere'));
  await expect(send('GET', '/1.0')).rejects.toMatchObject({ exitCode: EXIT.unavailable });
});

test('where one has answered it is away for a moment, whoever in this process asks', async () => {
  const { socket, end } = await daemon(answers(404));
  expect(await sender(socket)('GET', '/1.0')).toMatchObject({ status: 404 });
  await end();
  await expect(sender(socket)('GET', '/1.0')).rejects.toBeInstanceOf(ConnectionLost);
});

test('Node is not made to look whether the daemon is an IP address, which takes longer than to ask it', async () => {
  const look = jest.spyOn(net, 'isIP');
  try {
    const { socket } = await daemon(answers(404));
    await sender(socket)('GET', '/1.0');
    expect(look).not.toHaveBeenCalled();
  } finally {
    look.mockRestore();
  }
});

test.each([
  [503, 'Shutting down'],
  [500, 'Failed to begin transaction: sql: database is closed'],
])('one that is shutting down says so: %d %s', async (status, words) => {
  const { socket } = await daemon(answers(status, words));
  await expect(sender(socket)('POST', '/1.0/instances')).rejects.toBeInstanceOf(ConnectionLost);
});

test('any other error is an answer', async () => {
  const { socket } = await daemon(answers(500, 'disk I/O error'));
  expect(await sender(socket)('GET', '/1.0')).toMatchObject({ status: 500 });
});

test('one that says nothing is not waited for for ever', async () => {
  const { socket } = await daemon(() => undefined);
  await expect(sender(socket, 100)('GET', '/1.0')).rejects.toMatchObject({
    code: 504,
    message: 'no answer within 0.1 s',
  });
});

test('nor one that goes silent in mid-answer', async () => {
  const { socket } = await daemon((_, res) => {
    res.writeHead(200, { 'Content-Length': 100 }).write('{');
  });
  await expect(sender(socket, 100)('GET', '/1.0')).rejects.toThrow();
});

test('a connection that breaks is lost', async () => {
  const { socket } = await daemon((_, res) => res.destroy());
  await expect(sender(socket)('PUT', '/x')).rejects.toBeInstanceOf(ConnectionLost);
});

test('an answer is no longer than it may be, whatever is sent', async () => {
  let sent = 0;
  const { socket } = await daemon((_, res) => {
    const more = () => {
      while (res.writable && res.write('x'.repeat(65_536))) sent++;
    };
    res.writeHead(200).on('drain', more);
    more();
  });
  const asked = sender(socket)('GET', '/1.0/files', { mostBytes: 1024 * 1024 });
  await expect(asked).rejects.toThrow('it is larger than 1048576 bytes');
  // What was on its way then is all that came.
  expect(sent).toBeLessThan(160);
});

test('an answer that is no text arrives byte for byte', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const { socket } = await daemon((_, res) => res.end(bytes));
  const { body } = await sender(socket)('GET', '/file', { mostBytes: 256, encoding: 'latin1' });
  expect(Buffer.from(body, 'latin1')).toEqual(bytes);
  await expect(sender(socket)('GET', '/file', { mostBytes: 255 })).rejects.toMatchObject({ code: 413 });
});
