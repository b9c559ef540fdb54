import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { freePorts, must, Story } from './rig.js';

type Diagnosis = { check: string; result: string; found: string; fix: string | null };

describe('the doctor', () => {
  const story = new Story('doctor');
  const empty = new Story('doctor-none');
  let port = 0;

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    story.flake('web');
    story.manifest({ web: `flake-ref = "./web"\nport = ${port}` });
    // The way up to a repository's root ends here.
    empty.write('.git', '');
  });
  afterAll(async () => {
    await story.cleanUp();
    await empty.cleanUp();
  });

  async function diagnose(of: Story, env: NodeJS.ProcessEnv = {}) {
    const { code, stdout } = await of.pets(['doctor', '--json'], env);
    const { checks } = JSON.parse(stdout) as { checks: Diagnosis[] };
    const failed = checks.filter(({ result }) => result === 'failed').map(({ check }) => check);
    const find = (name: string) => checks.find(({ check }) => check === name);
    return { code, failed, find };
  }

  test('this host has what it takes; without a manifest as well', async () => {
    const { failed, find } = await diagnose(empty);
    // The pets of other stories are what they are.
    expect(failed.filter((check) => check !== 'forwarders')).toEqual([]);
    expect(find('incus')).toMatchObject({ result: 'ok', found: expect.stringContaining('version 6') });
    for (const check of ['nix', 'nix-flakes', 'nix-store', 'network', 'profiles', 'state', 'store-space'])
      expect(find(check)).toMatchObject({ check, result: 'ok' });
    expect(find('pool')?.result).not.toBe('unknown');
    expect(find('manifest')).toMatchObject({
      result: 'unknown',
      found: expect.stringContaining('no pets.toml'),
    });
  });

  test('nothing failed: exit 0, and lines for people', async () => {
    const { stdout } = await story.ok(['doctor']);
    expect(stdout).toMatch(/^✔ incus +version/m);
    expect(stdout).toContain(`project \`${story.project}\`, 1 app\n`);
    expect(stdout).toMatch(/\n\d+ ok/);
  });

  test('a daemon that is not there', async () => {
    const env = { INCUS_SOCKET: join(story.folder, 'no.socket') };
    const { code, failed, find } = await diagnose(story, env);
    expect(code).toBe(1);
    expect(failed).toEqual(['incus', 'incus-socket']);
    expect(find('pool')?.result).toBe('unknown');
    expect(find('nix')?.result).toBe('ok');
  });

  test('a daemon that takes the connection and says nothing', async () => {
    const socket = join(story.folder, 'mute.socket');
    const server = await listening(socket);
    const { code, failed, find } = await diagnose(story, { INCUS_SOCKET: socket });
    server.close();
    expect(code).toBe(1);
    expect(failed).toEqual(['incus']);
    expect(find('incus')?.found).toContain('no answer within 5 s');
    expect(find('store-space')?.result).toBe('ok');
  });

  test('no Nix, and a Nix that hangs', async () => {
    const none = await diagnose(story, { PATH: join(story.folder, 'nothing') });
    expect(none.code).toBe(1);
    expect(none.failed).toEqual(['nix']);
    story.write('.bin/nix', '#!/bin/sh\nsleep 600\n');
    await must('chmod', ['+x', join(story.folder, '.bin', 'nix')]);
    const hanging = await diagnose(story, { PATH: `${join(story.folder, '.bin')}:/usr/bin:/bin` });
    // On a busy machine the limit of the check comes before that of the program.
    expect(hanging.find('nix')?.found).toMatch(/no (end after|answer within)/);
    expect(hanging.find('nix')?.result).not.toBe('ok');
    expect(hanging.find('incus')?.result).toBe('ok');
  });

  test('folders that cannot be written in', async () => {
    // Not even root can make a folder in a file.
    const { failed, find } = await diagnose(story, { PETS_STATE_DIR: join(story.folder, 'pets.toml') });
    expect(failed).toEqual(['state']);
    expect(find('state')?.found).toContain('ENOTDIR');
  });

  test('a listen address that the host has not, and a manifest with a mistake', async () => {
    story.manifest({ web: `flake-ref = "./web"\nport = ${port}\nlisten = "198.51.100.7"` });
    const away = await diagnose(story);
    expect(away.failed).toEqual(['listen']);
    expect(away.find('listen')?.found).toContain(`198.51.100.7 (${story.name('web')})`);
    story.manifest({ web: `flake-ref = "./web"\nport = ${port}\nlisten = "::"` });
    expect((await diagnose(story)).failed).toEqual([]);
    story.manifest({ web: 'flake-ref = "./web"\nprot = 1' });
    const wrong = await diagnose(story);
    expect(wrong.failed).toEqual(['manifest']);
    expect(wrong.find('manifest')).toMatchObject({ fix: 'pets validate' });
    expect(wrong.find('manifest')?.found).toMatch(/^pets\.toml:\d+:\d+: /);
  });

  test('a forwarder that died', async () => {
    story.manifest({ web: `flake-ref = "./web"\nport = ${port}` });
    await story.ok(['up']);
    expect((await diagnose(story)).find('forwarders')).toMatchObject({ result: 'ok' });
    const line = await must('ss', ['-ltnpH', `sport = :${port}`]);
    process.kill(Number(/pid=(\d+)/.exec(line)?.[1]), 'SIGKILL');
    const { code, find } = await diagnose(story);
    expect(code).toBe(1);
    expect(find('forwarders')).toMatchObject({ result: 'failed', fix: `pets up ${story.name('web')}` });
    await story.ok(['up']);
    expect((await diagnose(story)).code).toBe(0);
  });
});

/** Takes connections and never answers. */
function listening(socket: string): Promise<Server> {
  const server = createServer(() => undefined);
  return new Promise((resolve) => {
    server.listen(socket, () => {
      resolve(server);
    });
  });
}
