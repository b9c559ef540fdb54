import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { probeCommand } from '../../src/guest/probe-command.js';
import { patientHere } from './here.js';

const folder = mkdtempSync(join(tmpdir(), 'pets-command-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** No process has this id: the kernel's highest is 2^22. */
const GONE = 4194305;

/** The verdict on a command that ends well, where systemd shows these units. */
function probe(...units: readonly string[]) {
  const text = units.map((unit) => `LoadState=loaded\n${unit}`).join('\n\n');
  writeFileSync(join(folder, 'systemctl'), `#!/bin/sh\necho '${text}'\n`, { mode: 0o755 });
  const check = { kind: 'command', command: ['true'] } as const;
  return probeCommand(patientHere(check, {}, folder), check);
}

test('what runs for a while, or has no process of its own, is believed at once', async () => {
  expect(await probe('Id=web.service\nActiveState=active\nSubState=running\nMainPID=1')).toMatchObject({
    age: 'old',
  });
  expect(await probe('Id=web.service\nActiveState=active\nSubState=exited\nMainPID=0')).toMatchObject({
    age: 'old',
  });
});

test.each([
  ['has ended while it was looked at', `active\nSubState=running\nMainPID=${GONE}`],
  ['waits for its restart', 'activating\nSubState=auto-restart\nMainPID=0'],
  ['waits for its restart, as newer systemd says', 'activating\nSubState=auto-restart-queued\nMainPID=0'],
  ['is on its way up once more', 'activating\nSubState=start\nNRestarts=3\nMainPID=0'],
])('a unit of the app that %s', async (_, shown) => {
  expect(await probe(`Id=web.service\nActiveState=${shown}`)).toMatchObject({
    age: 'young',
    note: 'true exits with 0',
  });
});

test('not what others start, what has failed for good, or what belongs to the system', async () => {
  const waits = 'ActiveState=activating\nSubState=auto-restart\nMainPID=0';
  expect(await probe(`Id=job.service\nTriggeredBy=job.timer\n${waits}`)).toMatchObject({ age: 'old' });
  expect(await probe('Id=job.service\nActiveState=failed\nSubState=failed\nMainPID=0')).toMatchObject({
    age: 'old',
  });
  expect(await probe(`Id=systemd-timesyncd.service\n${waits}`)).toMatchObject({ age: 'old' });
});
