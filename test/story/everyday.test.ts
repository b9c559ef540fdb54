import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, get, must, recorder, Story, watchedNix } from './rig.js';

describe("an operator's days, one after the other", () => {
  const story = new Story('days');
  let ports: number[] = [];
  const [hello, again, worker] = ['hello', 'again', 'worker'].map((app) => story.name(app)) as [
    string,
    string,
    string,
  ];
  let nix: ReturnType<typeof watchedNix>;

  const manifest = (change: { hello?: number; again?: number | null; worker?: boolean } = {}) => {
    story.manifest({
      hello: `flake-ref = "./hello"\nport = ${change.hello ?? ports[0] ?? 0}`,
      ...(change.again === null
        ? {}
        : { again: `flake-ref = "./again"\nport = ${change.again ?? ports[1] ?? 0}` }),
      ...(change.worker === false ? {} : { worker: 'flake-ref = "./worker"' }),
    });
  };

  beforeAll(async () => {
    ports = await freePorts(6);
    story.flake('hello');
    story.page('hello', 'the first page');
    story.flake('again');
    story.page('again', 'another app');
    story.flake('worker', 'heartbeat');
    nix = watchedNix(story);
    for (const tool of ['nix', 'nix-store', 'nix-env', 'nix-instantiate'])
      chmodSync(join(story.folder, '.bin', tool), 0o755);
    manifest();
  });
  afterAll(() => story.cleanUp());

  const pets = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    story.pets(args, { ...nix.env, ...env });
  const ok = (args: readonly string[]) => story.ok(args, nix.env);

  test('diff before anything: three to create, and nothing was written', async () => {
    const files = readdirSync(story.folder);
    const { socket, requests, close } = await recorder();
    const diff = await pets(['diff'], { INCUS_SOCKET: socket });
    await close();
    expect(diff.stdout).toContain('Plan: 3 to create');
    expect(diff.code).toBe(0);
    // The second one asks what the host can do for containers that are yet to be made.
    expect(requests).toEqual(['GET /1.0/instances?recursion=1&all-projects=true', 'GET /1.0']);
    expect(nix.calls()).toEqual([]);
    expect(readdirSync(story.folder)).toEqual(files);
    expect((await pets(['diff', '--exit-code'])).code).toBe(2);
  });

  test('up: real pages on their ports', async () => {
    const up = await pets(['up']);
    expect(up.stderr).toContain('3 created');
    expect(up).toMatchObject({ code: 0, stdout: '' });
    expect(await get(ports[0] ?? 0)).toEqual({ status: 200, body: 'the first page' });
    expect(await get(ports[1] ?? 0)).toEqual({ status: 200, body: 'another app' });
    expect(await must('incus', ['exec', hello, '--', 'hostname'])).toBe(hello);
  });

  test('ps shows flake, revision, URL and state', async () => {
    const ps = JSON.parse((await pets(['ps', '--json'])).stdout) as { apps: Record<string, unknown>[] };
    expect(ps.apps).toEqual([
      expect.objectContaining({
        name: again,
        flake: './again',
        url: `http://127.0.0.1:${ports[1] ?? 0}`,
        state: 'running',
        generation: 1,
      }),
      expect.objectContaining({
        name: hello,
        flake: './hello',
        revision: expect.stringMatching(/^sha256-/),
        state: 'running',
      }),
      expect.objectContaining({ name: worker, url: null, state: 'running' }),
    ]);
    expect((await pets(['ps'])).stdout).toMatch(
      new RegExp(
        `^${hello} +\\./hello +sha256-\\S+ +http://127.0.0.1:${ports[0] ?? 0} +running +healthy +1 +current$`,
        'm',
      ),
    );
  });

  test('up again: one request, no evaluation, the same boots', async () => {
    const boots = await story.bootIds();
    const before = nix.calls().length;
    const { socket, requests, close } = await recorder();
    const up = await pets(['up'], { INCUS_SOCKET: socket });
    await close();
    expect(up.stderr).toContain('3 unchanged');
    expect(up.code).toBe(0);
    // Before it looks, it asks what the daemon still does, and to whom where that is anything.
    const looks = requests.filter((r) => !/\/operations|instances\?recursion=1$/.test(r));
    expect(looks).toEqual(['GET /1.0/instances?recursion=1&all-projects=true']);
    expect(requests.filter((r) => !r.startsWith('GET '))).toEqual([]);
    expect(nix.calls()).toHaveLength(before);
    expect(await story.bootIds()).toEqual(boots);
    expect((await pets(['diff', '--exit-code'])).code).toBe(0);
  });

  test('a changed port is one line in the diff and one proxy on the machine', async () => {
    const boots = await story.bootIds();
    const before = nix.calls().length;
    manifest({ hello: ports[2] ?? 0 });
    const diff = (await pets(['diff'])).stdout;
    expect(diff.split('\n').filter((line) => line.includes('→'))).toEqual([
      expect.stringContaining(`127.0.0.1:${ports[0] ?? 0} → 127.0.0.1:${ports[2] ?? 0}`),
    ]);
    await ok(['up']);
    expect(await get(ports[0] ?? 0)).toBeNull();
    expect((await get(ports[2] ?? 0))?.body).toBe('the first page');
    expect(await story.bootIds()).toEqual(boots);
    expect(nix.calls()).toHaveLength(before);
  });

  test('an edited page is switched to in place, and both generations survive a garbage collection', async () => {
    const boots = await story.bootIds();
    story.page('hello', 'the second page');
    expect((await pets(['diff'])).stdout).toContain('system.source');
    await ok(['up']);
    expect((await get(ports[2] ?? 0))?.body).toBe('the second page');
    expect(await story.bootIds()).toEqual(boots);
    await must('nix-collect-garbage', []);
    const generations = await story.generations('hello');
    expect(generations).toHaveLength(2);
    for (const generation of generations) await must('test', ['-x', `${generation}/init`]);
    await must('incus', ['restart', '--force', hello]);
    await ok(['up']);
    expect((await get(ports[2] ?? 0))?.body).toBe('the second page');
  });

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
    expect((await get(ports[1] ?? 0))?.body).toBe('another app');
    expect((await get(ports[2] ?? 0))?.body).toBe('the second page');
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
    expect((await get(ports[1] ?? 0))?.body).toBe('another app');
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
    expect((await get(ports[1] ?? 0))?.body).toBe('another app');
  });

  test('two apps swap their ports in one run', async () => {
    manifest({ hello: ports[1] ?? 0, again: ports[2] ?? 0 });
    await ok(['up']);
    expect((await get(ports[1] ?? 0))?.body).toBe('the second page');
    expect((await get(ports[2] ?? 0))?.body).toBe('another app');
    expect((await pets(['diff', '--exit-code'])).code).toBe(0);
  });

  test('an app that left the manifest is listed and left, then destroyed with --prune; strangers stay', async () => {
    const stranger = story.name('stranger');
    await must('incus', ['init', '--empty', stranger]);
    manifest({ hello: ports[1] ?? 0, again: null });
    const held = await pets(['up']);
    expect(held.stderr).toContain('--prune');
    expect(held.code).toBe(0);
    expect((await get(ports[2] ?? 0))?.body).toBe('another app');
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
