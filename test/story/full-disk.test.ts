import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { restOf } from './guest.js';
import { OwnDaemon } from './own-daemon.js';
import { freePorts, get, seen, Story } from './rig.js';

const MB = 1024 * 1024;
const POOL_MB = 64;
const BIG_MB = 16;
const DATA = '/var/lib/ledger';

/** A daemon whose only pool is small; no other disk is full. Somebody else takes what is left of it. */
const daemon = new OwnDaemon();
const story = new Story('full', { socket: daemon.socket });
const ballast = join(daemon.pool, 'ballast');
let port = 0;

/** A service with some MB in its volume, and what a version of it does before it serves its rows. */
function ledger(version: string, ...steps: readonly string[]): void {
  const all = [
    `cd ${DATA}`,
    `test -f index.html || { echo row 1 > index.html; head -c ${BIG_MB}M /dev/zero > big; }`,
    ...steps,
    `exec /bin/busybox httpd -f -p 127.0.0.1:8080 -h ${DATA}`,
  ];
  story.plainFlake(
    'ledger',
    `systemd.services.ledger = {
       wantedBy = [ "multi-user.target" ];
       environment.VERSION = "${version}";
       serviceConfig.ExecStart = "/bin/sh -c '${all.join('; ')}'";
     };`,
  );
}

/** To the last byte; or so that `leftMb` are left. */
function fill(leftMb = 0): void {
  const block = Buffer.alloc(MB, 1);
  const isLeft = () => {
    const { bavail, bsize } = statfsSync(daemon.pool);
    return bavail * bsize > leftMb * MB;
  };
  try {
    while (leftMb === 0 || isLeft()) writeFileSync(ballast, block, { flag: 'a' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

function makeRoom(): void {
  rmSync(ballast, { force: true });
}

/** Another one with each boot. A full disk has no room for what a command in the guest would say. */
const pid = async () => {
  const state = await restOf(daemon.socket).get(`/1.0/instances/${story.name('app')}/state`);
  return (state?.metadata as { readonly pid: number }).pid;
};
const rows = async () => (await get(port))?.body;
const files = async () => (await story.inside('app', 'sh', '-c', `cd ${DATA}; wc -c *`)).split('\n');
const WHOLE = [expect.stringContaining(`${BIG_MB * 1024 * 1024} big`), expect.stringContaining('index.html')];

beforeAll(async () => {
  await daemon.setUp(POOL_MB);
  [port = 0] = await freePorts(1);
  story.manifest({
    app: `flake-ref = "./ledger"\nport = ${port}\nvolumes = { data = "${DATA}" }\ntimeout = "15s"\nhealth = { path = "/", timeout = "8s" }`,
  });
});
afterAll(async () => {
  makeRoom();
  await daemon.start();
  await story.cleanUp();
  await daemon.remove();
});

test('a first deploy says so, leaves no container, and the next `up` finishes', async () => {
  ledger('v1');
  fill();
  const up = await story.pets(['up']);
  expect(up).toMatchObject({ code: 1, stderr: expect.stringContaining('no space left on device') });
  expect(await story.instances()).toEqual([]);
  makeRoom();
  await story.ok(['up']);
  expect(await rows()).toBe('row 1');
  expect(await files()).toEqual(expect.arrayContaining(WHOLE));
});

test('an upgrade, or a backup, for whose copies there is no room interrupts nothing', async () => {
  const before = { pid: await pid(), instances: await story.instances() };
  ledger('v2', 'grep -q 2 index.html || echo row 2 >> index.html');
  writeFileSync(ballast, Buffer.alloc((POOL_MB - 2 * BIG_MB) * 1024 * 1024, 1));
  const tight = await story.pets(['up']);
  expect(tight).toMatchObject({ code: 1, stderr: expect.stringContaining('hold of 16.0 MiB does not fit') });
  fill();
  const up = await story.pets(['up']);
  expect(up).toMatchObject({ code: 1 });
  expect(up.stderr).toMatch(
    /a copy of what the volumes of `.*` hold.* does not fit: the storage pool `default` has 0\.0 KiB left/,
  );
  const backup = await story.pets(['backup', story.name('app')]);
  expect(backup).toMatchObject({ code: 1, stderr: expect.stringContaining('does not fit') });
  for (const { stderr } of [tight, up, backup]) expect(stderr).not.toMatch(/: stopping|^stopping/m);
  expect(await rows()).toBe('row 1');
  expect({ pid: await pid(), instances: await story.instances() }).toEqual(before);
  makeRoom();
  // Nothing was tried: nothing is held.
  await story.ok(['up']);
  expect(await rows()).toBe('row 1\nrow 2');
});

test('a version that fills the disk is taken back, with the data', async () => {
  ledger('v3', 'echo ruined > index.html', 'head -c 1G /dev/zero > more || exit 1');
  const up = await story.pets(['up']);
  expect(up).toMatchObject({ code: 3, stderr: expect.stringContaining('generation 2 serves') });
  expect(await rows()).toBe('row 1\nrow 2');
  expect(await files()).toEqual(expect.arrayContaining(WHOLE));
});

test('a disk that somebody else fills meanwhile: the data is not lost, and the next `up` gives it back', async () => {
  ledger('v4', 'rm index.html big');
  const { child, ended } = story.start(['up', '--progress', 'plain']);
  await seen(child, ': checking health');
  fill();
  const up = await ended;
  expect(up).toMatchObject({ code: 1 });
  expect(up.stderr).toContain('the storage pool `default` is full');
  expect(up.stderr).toContain('but the snapshot is');
  expect(await story.instances()).toMatchObject([
    { status: 'Stopped', config: { 'user.pets.state': 'restoring' } },
  ]);
  makeRoom();
  expect(await story.pets(['up'])).toMatchObject({ code: 3 });
  expect(await rows()).toBe('row 1\nrow 2');
  expect(await files()).toEqual(expect.arrayContaining(WHOLE));
});

test('before all that a look tells that it is nearly full', async () => {
  const alerts = async () => (await story.ok(['alerts', '--check'])).stdout;
  expect(await alerts()).not.toContain('disk nearly full');
  fill(5);
  expect(await alerts()).toMatch(/^- +disk nearly full .* the pool `default` has 0\.\d of 0\.1 GiB free/m);
  expect(await alerts()).not.toContain('/nix/store has');
  makeRoom();
  expect(await alerts()).not.toContain('disk nearly full');
});
