import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { probeStable } from '../../src/guest/probe-stable.js';
import type { GuestPort } from '../../src/domain/manifest.js';
import type { Port } from '../../src/domain/names.js';
import { patientHere } from './here.js';

const folder = mkdtempSync(join(tmpdir(), 'pets-stable-'));
const [any, loopback, elsewhere] = [createServer(), createServer(), createServer()];
const udp = createSocket('udp4');
const ports = { any: 0, loopback: 0, elsewhere: 0, udp: 0 };

beforeAll(async () => {
  units('Id=web.service\nActiveState=active\nSubState=running\nMainPID=0');
  await new Promise<void>((up) => any.listen(0, up));
  await new Promise<void>((up) => loopback.listen(0, '127.0.0.1', up));
  await new Promise<void>((up) => elsewhere.listen(0, '127.0.0.2', up));
  await new Promise<void>((up) => udp.bind(0, '127.0.0.1', up));
  for (const [name, server] of Object.entries({ any, loopback, elsewhere }))
    ports[name as keyof typeof ports] = (server.address() as AddressInfo).port;
  ports.udp = udp.address().port;
});
afterAll(() => {
  for (const server of [any, loopback, elsewhere]) server.close();
  udp.close();
  rmSync(folder, { recursive: true });
});

function units(text: string): void {
  writeFileSync(join(folder, 'systemctl'), `#!/bin/sh\necho '${text}'\n`, { mode: 0o755 });
}

function probe(...listens: readonly [protocol: GuestPort['protocol'], port: number][]) {
  const asked = listens.map(([protocol, port]) => ({ protocol, port: port as Port }));
  const check = { kind: 'stable', listens: asked } as const;
  return probeStable(patientHere(check, {}, folder), check);
}

const WELL = 'no unit failed or restarted for 3 s';

test('well, where somebody listens on all that the exposures lead to', async () => {
  expect(await probe()).toMatchObject({ note: WELL });
  expect(await probe(['tcp', ports.any], ['tcp', ports.loopback], ['udp', ports.udp])).toMatchObject({
    note: `${WELL}, and something listens on port ${ports.any}, ${ports.loopback}, ${ports.udp}/udp`,
  });
});

test('not where nobody does, not for that protocol or on another address only', async () => {
  const nobody = (port: number) => `nothing listens on port ${port} of the guest`;
  expect(await probe(['tcp', ports.any], ['tcp', 1])).toMatchObject({
    ill: `${nobody(1)}, where its exposure leads`,
    hint: expect.stringContaining('health = { tcp = true, timeout = "5m" }'),
  });
  expect(await probe(['tcp', ports.elsewhere])).toMatchObject({
    ill: `${nobody(ports.elsewhere)}, where its exposure leads`,
  });
  expect(await probe(['udp', 1])).toMatchObject({ ill: `${nobody(1)} for UDP, where its exposure leads` });
});

test('a unit that has failed says more', async () => {
  units('Id=web.service\nActiveState=failed\nSubState=failed\nMainPID=0');
  expect(await probe(['tcp', 1])).toMatchObject({ ill: 'web.service has failed', isFinal: true });
});
