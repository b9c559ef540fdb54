import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operatorsDays } from './days.js';
import { answerOf, freePorts, get, must } from './rig.js';

describe("an operator's days, one after the other", () => {
  const { story, ports, hello, again, worker, manifest, setUp, pets, ok } = operatorsDays('drift');

  beforeAll(async () => {
    await setUp();
    story.page('hello', 'the second page');
    manifest({ hello: ports[2] ?? 0 });
    await ok(['up']);
  });
  afterAll(() => story.cleanUp());

  test('drift is told by field and repaired', async () => {
    await must('incus', ['config', 'device', 'set', again, 'web', `listen=tcp:127.0.0.1:${ports[3] ?? 0}`]);
    await must('incus', ['stop', '--force', worker]);
    const device = Object.keys((await story.instances()).find((i) => i.name === hello)?.devices ?? {}).find(
      (d) => d.startsWith('web'),
    );
    await must('incus', ['config', 'device', 'remove', hello, device ?? '']);
    const diff = (await pets(['diff'])).stdout;
    const drifts = diff
      .split('\n')
      .filter((line) => line.includes('drifted'))
      .map((line) => line.trim().split(/ {2,}/).slice(0, 2));
    expect(drifts).toEqual([
      ['exposure.listen', `127.0.0.1:${ports[3] ?? 0} → 127.0.0.1:${ports[1] ?? 0}`],
      ['exposure.listen', `none → 127.0.0.1:${ports[2] ?? 0}`],
      ['power.state', 'stopped → running'],
    ]);
    await ok(['up']);
    expect((await answerOf(ports[1] ?? 0)).body).toBe('another app');
    expect((await answerOf(ports[2] ?? 0)).body).toBe('the second page');
    expect(await get(ports[3] ?? 0)).toBeNull();
    expect((await pets(['diff', '--exit-code'])).code).toBe(0);
  });

  test('a container that was altered by hand gets back what it was made with', async () => {
    await must('incus', ['config', 'unset', again, 'raw.lxc']);
    await must('incus', ['config', 'device', 'remove', again, 'nix-store']);
    const diff = (await pets(['diff'])).stdout;
    expect(diff).toContain('container.raw.lxc');
    expect(diff).toContain('container.nix-store');
    await ok(['up']);
    await must('incus', ['restart', '--force', again]);
    await ok(['up']);
    expect((await answerOf(ports[1] ?? 0)).body).toBe('another app');
    expect((await pets(['diff', '--exit-code'])).code).toBe(0);
  });

  test('what somebody has added is shown and left alone, and goes with --strict', async () => {
    const [port = 0] = await freePorts(1);
    const add = (...device: string[]) => must('incus', ['config', 'device', 'add', again, ...device]);
    await add('extra', 'proxy', `listen=tcp:127.0.0.1:${port}`, 'connect=tcp:127.0.0.1:8080');
    await add('files', 'disk', `source=${story.folder}`, 'path=/srv/files');
    await must('incus', ['config', 'set', again, 'environment.TOKEN=hunter2']);
    const there = async () => (await story.instances()).find((i) => i.name === again);
    const diff = await pets(['diff', '--exit-code']);
    expect(diff.code).toBe(2);
    const rows = ['config.environment.TOKEN', 'device.extra', 'device.files'];
    for (const field of rows)
      expect(diff.stdout).toMatch(new RegExp(`container.${field} .*added on the machine`));
    expect(diff.stdout).not.toContain('hunter2');
    await ok(['up']);
    expect(Object.keys((await there())?.devices ?? {})).toEqual(expect.arrayContaining(['extra', 'files']));
    await ok(['up', '--strict']);
    const left = await there();
    expect(Object.keys(left?.devices ?? {}).filter((name) => ['extra', 'files'].includes(name))).toEqual([]);
    expect(left?.config).not.toHaveProperty('environment.TOKEN');
    expect(await get(port)).toBeNull();
    expect((await answerOf(ports[1] ?? 0)).body).toBe('another app');
    expect((await pets(['diff', '--exit-code'])).code).toBe(0);
  });

  test('a copy of a pet bears its marks and is not the pet: it is never touched', async () => {
    const copy = story.name('backup');
    await must('incus', ['copy', worker, copy]);
    expect((await pets(['diff', '--prune', '--exit-code'])).code).toBe(0);
    await ok(['up', '--prune']);
    expect((await story.instances()).map((i) => i.name)).toContain(copy);
    await must('incus', ['delete', copy]);
  });

  test('a dead forwarder is seen and revived', async () => {
    const pidFile = `/var/lib/incus/devices/${again}/proxy.web`;
    const pid = Number(
      /pid: (\d+)/.exec(await must('cat', [pidFile]).catch(() => ''))?.[1] ??
        (await forwarderPid(again, ports[1] ?? 0)),
    );
    process.kill(pid, 'SIGKILL');
    expect((await pets(['diff'])).stdout).toContain('not listening → listening');
    await ok(['up']);
    expect((await answerOf(ports[1] ?? 0)).body).toBe('another app');
  });

  test('two apps swap their ports in one run', async () => {
    manifest({ hello: ports[1] ?? 0, again: ports[2] ?? 0 });
    await ok(['up']);
    expect((await answerOf(ports[1] ?? 0)).body).toBe('the second page');
    expect((await answerOf(ports[2] ?? 0)).body).toBe('another app');
    expect((await pets(['diff', '--exit-code'])).code).toBe(0);
  });

  test('an app that left the manifest is listed and left, then destroyed with --prune; strangers stay', async () => {
    const stranger = story.name('stranger');
    await must('incus', ['init', '--empty', stranger]);
    manifest({ hello: ports[1] ?? 0, again: null });
    const held = await pets(['up']);
    expect(held.stderr).toContain('--prune');
    expect(held.code).toBe(0);
    expect((await answerOf(ports[2] ?? 0)).body).toBe('another app');
    expect((await pets(['diff'])).stdout).toMatch(/^- .*again .*destroy/m);
    await ok(['up', '--prune']);
    expect((await story.instances()).map((i) => i.name).sort()).toEqual([hello, stranger, worker].sort());
    expect(await get(ports[2] ?? 0)).toBeNull();
    expect(await story.generations('again')).toEqual([]);
  });

  test('a name that a stranger has is an error, and the stranger is not touched', async () => {
    story.manifest({ stranger: 'flake-ref = "./hello"' });
    const up = await pets(['up', '--prune']);
    expect(up.code).toBe(65);
    expect(up.stderr).toContain('does not bear any mark of pets');
    expect((await story.instances()).find((i) => i.name === story.name('stranger'))?.status).toBe('Stopped');
    expect((await story.instances()).map((i) => i.name)).toContain(hello);
  });

  test('down asks for --yes off a terminal, then removes all that is ours', async () => {
    manifest({ hello: ports[1] ?? 0, again: null });
    expect(await pets(['down'])).toMatchObject({ code: 64 });
    await ok(['down', '--yes']);
    expect((await story.instances()).map((i) => i.name)).toEqual([story.name('stranger')]);
    await ok(['down', '--yes']);
  });
});

/** The process that listens on the port, from ss(8). */
async function forwarderPid(name: string, port: number): Promise<number> {
  const line = (await must('ss', ['-ltnpH', `sport = :${port}`])).split('\n')[0] ?? '';
  const pid = Number(/pid=(\d+)/.exec(line)?.[1]);
  if (!(pid > 0)) throw new Error(`no forwarder of ${name} found: ${line}`);
  return pid;
}
