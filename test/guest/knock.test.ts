import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Port } from '../../src/domain/names.js';
import { probeTcp } from '../../src/guest/probe-tcp.js';
import { patientHere } from './here.js';

const folder = mkdtempSync(join(tmpdir(), 'pets-knock-'));
const server = createServer((socket) => socket.destroy());
let port = 0 as Port;

beforeAll(async () => {
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
  port = (server.address() as AddressInfo).port as Port;
  const program = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  };
  program('systemctl', 'echo Id=web.service');
  // Whoever holds the socket is gone by the time that it is looked for.
  program('find', '');
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** The sockets that are seen, by a number that `echo` has for each look. */
async function found(inode: string) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const line = `0: 0100007F:${hex} 00000000:0000 0A 0:0 0:0 0 0 0 ${inode}`;
  const cat = `case "$*" in */proc/net/*) echo x >>${folder}/looks; echo "${line}" ;; *) exec /bin/cat "$@" ;; esac`;
  writeFileSync(join(folder, 'cat'), `#!/bin/sh\n${cat}\n`, { mode: 0o755 });
  const check = { kind: 'tcp', port } as const;
  return probeTcp(patientHere(check, { through: [] }, folder), check);
}

test('whoever was there and is another now has ended', async () => {
  expect(await found(`$(wc -l <${folder}/looks)`)).toMatchObject({
    ill: 'what answered has ended meanwhile',
  });
});

test('a socket of the kernel itself, that stays the same, is believed', async () => {
  expect(await found('77')).toMatchObject({ age: 'unknown' });
});
