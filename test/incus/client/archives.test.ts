import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { archivesOf } from '../../../src/incus/client/archives.js';
import { transferOver } from '../../../src/incus/client/transfer.js';
import type { Volume } from '../../../src/domain/actual.js';
import { begun, daemon, ended, failed, shown } from '../daemon.js';

const VOLUME = '/1.0/storage-pools/default/volumes/custom/p.web.data';
const data = { pool: 'default', name: 'p.web.data', app: 'web', volume: 'data' } as unknown as Volume;
const config = { 'user.pets.project': 'p', 'user.pets.app': 'web', 'user.pets.volume': 'data' };
const ARCHIVE = gzipSync('what the volume holds');

let folder = '';
let server: Server;
/** What the socket was asked for, and how it answers. */
let transferred: string[] = [];
let answer: (reply: ServerResponse) => void = () => undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pets-archives-'));
  transferred = [];
  server = createServer((request: IncomingMessage, reply) => {
    transferred.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.accept ?? ''}`.trim());
    answer(reply);
  });
  await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function exporting(api_extensions: readonly string[]) {
  let isThere = true;
  const { rest, asked } = daemon({
    'GET /1.0': () => shown({ api_extensions }),
    [`GET ${VOLUME}`]: () => shown({ config }),
    [`POST ${VOLUME}/backups`]: () => begun('op'),
    'GET /1.0/operations/op/wait': () => ended(),
    ...Object.fromEntries(['GET', 'DELETE'].map((method) => [`${method} ${VOLUME}/backups/*`, look])),
  });
  function look() {
    if (!isThere) return failed('not found', 404);
    isThere = false;
    return begun('op');
  }
  const archives = archivesOf(rest, transferOver(join(folder, 'socket')), 'p');
  const read = async () => {
    const chunks: Uint8Array[] = [];
    await archives.exportVolume(data, async (bytes) => {
      for await (const chunk of bytes) chunks.push(chunk);
    });
    return Buffer.concat(chunks);
  };
  return { read, asked };
}

describe('an export', () => {
  test('comes as it is made where the daemon can: nothing is kept on the host', async () => {
    answer = (reply) => reply.end(ARCHIVE);
    const { read, asked } = exporting(['direct_backup']);
    expect(await read()).toEqual(ARCHIVE);
    expect(transferred).toEqual([`POST ${VOLUME}/backups application/octet-stream`]);
    expect(asked.every((request) => request.startsWith('GET '))).toBe(true);
  });

  test('that ends before the archive does is a failure, whatever the daemon says', async () => {
    answer = (reply) => reply.end(ARCHIVE.subarray(0, -6));
    await expect(exporting(['direct_backup']).read()).rejects.toThrow(
      'exporting the volume `p.web.data`: the archive breaks off: unexpected end of file',
    );
  });

  test('that breaks off is a failure', async () => {
    answer = (reply) => {
      reply.write(ARCHIVE.subarray(0, 5), () => reply.destroy());
    };
    await expect(exporting(['direct_backup']).read()).rejects.toThrow('the archive breaks off: aborted');
  });

  test('that is refused says why', async () => {
    answer = (reply) => {
      reply.writeHead(500);
      reply.end(JSON.stringify({ type: 'error', error: 'no such pool', error_code: 500 }));
    };
    await expect(exporting(['direct_backup']).read()).rejects.toThrow(
      'exporting the volume `p.web.data`: no such pool',
    );
  });

  test('is made, fetched and deleted again where it cannot', async () => {
    answer = (reply) => reply.end(ARCHIVE);
    const { read, asked } = exporting([]);
    expect(await read()).toEqual(ARCHIVE);
    expect(transferred).toEqual([expect.stringMatching(`GET ${VOLUME}/backups/pets-\\d+/export`)]);
    expect(asked.filter((request) => request.startsWith('DELETE '))).toHaveLength(1);
  });
});
