import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { originOf } from '../../src/guest/origin.js';
import { PRELUDE } from '../../src/guest/shell.js';
import { leftBy, noteStarts } from '../../src/guest/starts.js';
import { guestHere } from './here.js';

let folder = '';
const file = () => join(folder, 'starts');
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-starts-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

type Shown = {
  readonly start: number;
  readonly says: string;
  readonly environment?: string;
  readonly active?: string;
};

/** From now on systemd shows this of `web.service`; as it does, with more of `ExecStart` while that runs. */
function shows({ start, says, environment = '', active = 'active' }: Shown): void {
  const id = String(start).padStart(32, '0');
  const status = `start_time=[now, ${Math.random()}] ; stop_time=[n/a] ; pid=7 ; code=(null) ; status=0/0`;
  const lines = [
    `ExecStart={ path=${says} ; argv[]=${says} -v ; ignore_errors=no ; ${status} }`,
    `Environment=${environment}`,
    `ActiveState=${active}`,
    `InvocationID=${active === 'active' ? id : ''}`,
  ];
  writeFileSync(join(folder, 'systemctl'), `#!/bin/sh\ncat <<'END'\n${lines.join('\n')}\nEND\n`, {
    mode: 0o755,
  });
}

const note = () => {
  const { incus, app } = guestHere(60_000, folder);
  return noteStarts(incus, app, file());
};

/** What of it a switch has left as it was. */
async function left(): Promise<string> {
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  const script = `${PRELUDE}${leftBy(file())}left web.service`;
  return (await promisify(execFile)('bash', ['-c', script], { env })).stdout.trim();
}

test('what runs as before the switch, while its unit says another command, is told', async () => {
  shows({ start: 1, says: '/nix/store/a-start' });
  await note();
  expect(await left()).toBe('');
  shows({ start: 1, says: '/nix/store/b-start' });
  expect(await left()).toBe('web.service');
});

test('likewise another environment', async () => {
  shows({ start: 1, says: '/start', environment: 'SITE=/nix/store/a-site' });
  await note();
  shows({ start: 1, says: '/start', environment: 'SITE=/nix/store/b-site' });
  expect(await left()).toBe('web.service');
});

test('not what was started anew, or says the same, and not where nothing was noted', async () => {
  shows({ start: 1, says: '/nix/store/b-start' });
  expect(await left()).toBe('');
  await note();
  expect(await left()).toBe('');
  shows({ start: 2, says: '/nix/store/c-start' });
  expect(await left()).toBe('');
});

test('a switch that is tried again has not started it, and one back finds it as it was', async () => {
  shows({ start: 1, says: '/nix/store/a-start' });
  await note();
  shows({ start: 1, says: '/nix/store/b-start' });
  await note();
  expect(await left()).toBe('web.service');
  shows({ start: 1, says: '/nix/store/a-start' });
  expect(await left()).toBe('');
});

test('what is noted is for root alone, holds no values, and only of what is up', async () => {
  shows({ start: 1, says: '/start', environment: 'TOKEN=topsecret' });
  await note();
  expect(readFileSync(file(), 'utf8')).toMatch(/^0{31}1 [0-9a-f]{64}\n$/);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  shows({ start: 1, says: '/start', active: 'inactive' });
  await note();
  expect(readFileSync(file(), 'utf8')).toBe('');
});

test('a guest that does not say keeps what was noted', async () => {
  shows({ start: 1, says: '/start' });
  await note();
  writeFileSync(join(folder, 'systemctl'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  await note();
  expect(readFileSync(file(), 'utf8')).toMatch(/^0{31}1 /);
  expect(existsSync(`${file()}.new`)).toBe(true);
});

test('the process may be of the new system and the start not', async () => {
  const closure = () => Promise.resolve(new Set(['/nix/store/b']));
  const process = { pid: 7, unit: 'web.service', paths: ['/nix/store/b'], ageMs: null };
  expect(await originOf([process], [], closure)).toBe('from its own system');
  expect(await originOf([process], ['user@1000.service'], closure)).toBe('from its own system');
  expect(await originOf([process], ['web.service'], closure)).toMatchObject({
    ill: expect.stringMatching(/^web\.service still runs what it was started with before the switch/),
    hint: expect.stringContaining('activation = "restart"'),
  });
  expect(await originOf([], ['web.service'], closure)).toHaveProperty('ill');
});
