import { afterEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deliver } from '../../src/alerts/deliver.js';
import type { Notice, Target } from '../../src/domain/alert.js';
import type { AppName } from '../../src/domain/names.js';
import type { Notify } from '../../src/domain/manifest.js';
import { programsWith } from '../../src/lib/processes.js';

const notice: Notice = {
  kind: 'failed',
  app: 'web' as AppName,
  at: '2026-11-27T03:00:00.000Z',
  message: 'why',
};
const SECRET = 'a-secret-path';
let server: Server | null = null;
const folders: string[] = [];

afterEach(async () => {
  const open = server;
  server = null;
  if (open) await new Promise((resolve) => open.close(resolve));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function around(notify: Partial<Notify>, url = '') {
  const directory = mkdtempSync(join(tmpdir(), 'pets-deliver-'));
  folders.push(directory);
  const nobody: Notify = { command: null, url: null, format: 'json', on: [] };
  return {
    notify: { ...nobody, ...notify },
    sender: { project: 'p', host: 'box' },
    directory,
    capture: programsWith(process.env).capture,
    url: () => Promise.resolve(url),
  };
}

async function receiver(answer: RequestListener): Promise<string> {
  const made = (server = createServer(answer));
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}/${SECRET}`;
}

/** Of a receiver that is asked again at once. */
const HASTE = { commandMs: 60_000, answerMs: 60_000, pauseMs: 0 };

/** The words of the failure; none of them may be the address. */
async function failure(target: Target, where: ReturnType<typeof around>, patience = HASTE): Promise<string> {
  const error = await deliver(notice, target, { ...where, patience }).then(
    () => null,
    (thrown: unknown) => thrown as Error,
  );
  expect(JSON.stringify([error?.message, error?.stack])).not.toContain(SECRET);
  return error?.message ?? '';
}

describe('a program', () => {
  test('gets it as a line of JSON, in the folder of the manifest', async () => {
    const where = around({ command: ['sh', '-c', 'cat > told'] });
    await deliver(notice, 'command', where);
    const told = readFileSync(join(where.directory, 'told'), 'utf8');
    expect(JSON.parse(told)).toMatchObject({
      version: 1,
      project: 'p',
      app: 'web',
      kind: 'failed',
      message: 'why',
    });
    expect(told.endsWith('\n')).toBe(true);
  });

  test('that fails says why with its last line', async () => {
    const command = ['sh', '-c', 'echo first >&2; echo last >&2; exit 3'] as const;
    expect(await failure('command', around({ command }))).toBe('`sh`: exit code 3: last');
    expect(await failure('command', around({ command: ['/no/such/program'] }))).toContain('/no/such/program');
  });

  test('that does not read is no failure', async () => {
    await deliver({ ...notice, message: 'x'.repeat(1_000_000) }, 'command', around({ command: ['true'] }));
  });
});

describe('a receiver', () => {
  test('gets it by POST', async () => {
    const got: string[] = [];
    const url = await receiver((request, reply) => {
      request.on('data', (piece: Buffer) => got.push(`${request.method ?? ''} ${piece.toString()}`));
      request.on('end', () => reply.writeHead(204).end());
    });
    await deliver(notice, 'url', around({}, url));
    expect(got).toEqual([expect.stringMatching(/^POST \{"version":1,.*"message":"why"\}$/)]);
  });

  test('that fails once is asked again', async () => {
    let asked = 0;
    const url = await receiver((_, reply) => reply.writeHead(++asked === 1 ? 503 : 200).end());
    await deliver(notice, 'url', { ...around({}, url), patience: HASTE });
    expect(asked).toBe(2);
  });

  test('that refuses, leads elsewhere or is not there is told without its address', async () => {
    let asked = 0;
    const url = await receiver((_, reply) => {
      asked++;
      reply.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await failure('url', around({}, url))).toBe('the receiver answers with status 302');
    expect(asked).toBe(2);
    await new Promise((resolve) => server?.close(resolve));
    server = null;
    expect(await failure('url', around({}, url))).toBe('the receiver does not answer (ECONNREFUSED)');
  });

  test('is not waited for when it never answers', async () => {
    const url = await receiver(() => undefined);
    const short = { ...HASTE, answerMs: 50 };
    expect(await failure('url', around({}, url), short)).toBe('the receiver does not answer (within 0.05 s)');
    server?.closeAllConnections();
  });

  test('that answers without an end is not read', async () => {
    const url = await receiver((_, reply) => {
      reply.writeHead(200);
      reply.write('x');
    });
    await deliver(notice, 'url', around({}, url));
    server?.closeAllConnections();
  });
});
