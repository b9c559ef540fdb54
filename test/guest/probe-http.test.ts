import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { CheckOf } from '../../src/guest/health-target.js';
import { probeHttp } from '../../src/guest/probe-http.js';
import type { IpAddress, Port } from '../../src/domain/names.js';
import type { Listen } from '../../src/domain/binding.js';
import { patientHere } from './here.js';

const folder = mkdtempSync(join(tmpdir(), 'pets-probe-'));
const servers: Server[] = [];
const asked: string[] = [];

async function serve(answer: RequestListener): Promise<Listen> {
  const server = createServer((request, response) => {
    asked.push(String(request.headers.host));
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
  return { address: '127.0.0.1' as IpAddress, port: (server.address() as AddressInfo).port as Port };
}

/** What is in the guest, which allows one name, and what it is exposed as. */
let [guest, exposure]: Listen[] = [];
const strict: RequestListener = ({ headers: { host } }, response) => {
  response.writeHead(host === 'notes.example.org' ? 200 : 400).end();
};

beforeAll(async () => {
  writeFileSync(join(folder, 'systemctl'), '#!/bin/sh\necho Id=web.service\n', { mode: 0o755 });
  [guest, exposure] = [await serve(strict), await serve(strict)];
});
beforeEach(() => void asked.splice(0));
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

function probe(through: readonly Listen[], more: Partial<CheckOf<'http'>> = {}) {
  const check = { kind: 'http', path: '/', status: [200], port: guest?.port as Port, ...more } as const;
  return probeHttp(patientHere(check, { through }, folder), check);
}

test('both are asked by the name that is given', async () => {
  const well = await probe([exposure as Listen], { host: 'notes.example.org' });
  expect(well).toMatchObject({ note: expect.stringMatching(/^http 200 .*, also through 127\.0\.0\.1:\d+$/) });
  expect(asked).toEqual(['notes.example.org', 'notes.example.org']);
});

test('else as the exposure is dialled, in the guest too; where nothing leads to it, as the guest is', async () => {
  expect(await probe([exposure as Listen], { status: [400] })).toHaveProperty('note');
  expect(await probe([], { status: [400] })).toHaveProperty('note');
  const [outer, inner] = [exposure, guest].map((listen) => `127.0.0.1:${listen?.port}`);
  expect(asked).toEqual([outer, outer, inner]);
});

test('an app that refuses the name is told how to give it another; not one that has been given one', async () => {
  const hint = `if it is the name that the app refuses: it was asked as \`127.0.0.1:${exposure?.port}\`, and \`health.host\` says another`;
  expect(await probe([exposure as Listen])).toMatchObject({ ill: 'GET / answers 400, not 200', hint });
  expect(await probe([], { host: 'b.example.org' })).not.toHaveProperty('hint');
  expect(await probe([], { host: 'notes.example.org', status: [404] })).not.toHaveProperty('hint');
});

test('an exposure is only to be opened again where nothing listens', async () => {
  const host = 'notes.example.org';
  const other = await serve((_, response) => response.writeHead(404).end());
  const mute = await serve((_, response) => response.destroy());
  const begins = (listen: Listen) =>
    `GET / answers 200 in the guest, but through 127.0.0.1:${listen.port} it does not: `;
  expect(await probe([other], { host })).toEqual({ ill: `${begins(other)}404`, about: expect.anything() });
  const closed = `${begins(mute)}the connection is closed without an answer`;
  expect(await probe([mute], { host })).toEqual({ ill: closed, about: expect.anything() });
  await new Promise((closing) => servers.at(-1)?.close(closing));
  expect(await probe([mute], { host })).toMatchObject({
    ill: `${begins(mute)}connection refused`,
    hint: '`pets up web` opens it again',
  });
});
