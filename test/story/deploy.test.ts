import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { FaultyDaemon } from './faults.js';
import { freePorts, get, must, run, standIn, Story } from './rig.js';

const PROFILES = '/nix/var/nix/profiles/per-pet';

/** Deployed pets bear no project of the story's. */
async function removeProfile(name: string): Promise<void> {
  rmSync(join(PROFILES, '_deployed', name), { recursive: true, force: true });
  await run('rmdir', [join(PROFILES, '_deployed')]);
}

describe('an app without a manifest', () => {
  const story = new Story('deploy');
  const web = story.name('web');
  let [port, other] = [0, 0];
  const deploy = (...args: string[]) => story.pets(['deploy', './web', web, ...args]);
  const config = async () => (await story.instances())[0]?.config ?? {};

  beforeAll(async () => {
    [port = 0, other = 0] = await freePorts(2);
    story.flake('web');
    story.page('web', 'the first page');
  });
  afterAll(async () => {
    await story.cleanUp();
    await removeProfile(web);
  });

  test('wants a port before anything is made', async () => {
    const bare = await deploy();
    expect(bare.code).toBe(64);
    expect(bare.stderr).toContain(`${web} --port 8080`);
    const wrong = await deploy('--port', '99999');
    expect(wrong.code).toBe(64);
    expect(wrong.stderr).toMatch(/port: .*65535/);
    expect(await story.instances()).toEqual([]);
  });

  test('is made, and its URL printed; the next deploy needs no flags and brings what the flake has by then', async () => {
    const first = await deploy('--port', String(port), '--nixpkgs', standIn());
    expect(first).toMatchObject({ code: 0, stdout: `http://127.0.0.1:${port}\n` });
    expect((await get(port))?.body).toBe('the first page');
    expect(await config()).toMatchObject({
      'user.pets.project': '_deployed',
      'user.incus-pet.flake-ref': join(story.folder, 'web'),
      'user.incus-pet.host-port': String(port),
      'user.incus-pet.listen': '127.0.0.1',
    });
    story.page('web', 'the second page');
    expect((await deploy()).stdout).toBe(`http://127.0.0.1:${port}\n`);
    expect((await get(port))?.body).toBe('the second page');
    await deploy('--port', String(other));
    expect((await get(other))?.body).toBe('the second page');
    expect(await get(port)).toBeNull();
    expect(existsSync(join(story.folder, 'pets.lock'))).toBe(false);
  });

  test('is found by the other verbs with --deployed', async () => {
    expect((await story.ok(['ps', '--deployed'])).stdout).toMatch(
      new RegExp(`^${web} .*:${other} +running +healthy +2 +current$`, 'm'),
    );
    expect((await story.ok(['history', web, '--deployed'])).stdout).toContain('* ');
    await story.ok(['rollback', web, '--deployed']);
    expect((await get(port))?.body).toBe('the first page');
    await deploy('--port', String(other));
    expect((await get(other))?.body).toBe('the second page');
    expect((await story.ok(['exec', '--deployed', web, '--', 'echo', 'inside'])).stdout).toBe('inside\n');
    await story.ok(['stop', web, '--deployed']);
    expect(await get(other)).toBeNull();
    await story.ok(['start', web, '--deployed']);
    expect((await get(other))?.body).toBe('the second page');
    const update = await story.pets(['update', '--deployed']);
    expect(update).toMatchObject({ code: 64, stderr: expect.stringContaining('is not pinned') });
  });

  test('is removed by `rm`, which a second time has nothing to do', async () => {
    const name = story.name('gone');
    const [free = 0] = await freePorts(1);
    const made = await story.pets(['deploy', './web', name, '--port', String(free), '--nixpkgs', standIn()]);
    expect(made).toMatchObject({ code: 0, stdout: `http://127.0.0.1:${free}\n` });
    await story.ok(['rm', name, '--deployed', '--yes']);
    expect((await story.instances()).map((i) => i.name)).toEqual([web]);
    expect(existsSync(join(PROFILES, '_deployed', name))).toBe(false);
    expect(await get(free)).toBeNull();
    await story.ok(['rm', name, '--deployed', '--yes']);
  });

  test("belongs to no manifest: a project's --prune and its own `up` leave it alone", async () => {
    story.manifest({ web: `flake-ref = "./web"\nport = ${port}` });
    const up = await story.pets(['up', '--prune']);
    expect(up.code).toBe(65);
    expect(up.stderr).toContain('was made by `pets deploy`');
    expect(up.stderr).toContain('pets adopt');
    story.manifest({});
    await story.ok(['up', '--prune']);
    expect((await get(other))?.body).toBe('the second page');
  });

  test('adopt without --write prints its table and changes nothing', async () => {
    const before = story.read('pets.toml');
    const printed = await story.ok(['adopt', web]);
    expect(printed.stdout).toBe(
      `[apps.${web}]\nflake-ref = "${join(story.folder, 'web')}"\nport = ${other}\nlisten = "127.0.0.1"\n`,
    );
    expect(story.read('pets.toml')).toBe(before);
    expect((await config())['user.pets.project']).toBe('_deployed');
  });

  test('adopt that is cut short after the manifest was written is finished by a second', async () => {
    const before = `# mine  \n${story.read('pets.toml')}# the end`;
    story.write('pets.toml', before);
    // As a killed one leaves it: marked, and written.
    await must('incus', ['config', 'set', web, `user.pets.adopting=${story.project}`]);
    const table = (await story.ok(['adopt', web])).stdout;
    story.write('pets.toml', `${before}\n\n${table}`);
    const up = await story.pets(['up']);
    expect(up.code).toBe(65);
    expect(up.stderr).toContain('cut short');
    const [boot] = Object.values(await story.bootIds());
    await story.inside('web', 'touch', '/root/kept');
    await story.ok(['adopt', web, '--write']);
    expect(story.read('pets.toml')).toBe(`${before}\n\n${table}`);
    expect(existsSync(join(PROFILES, '_deployed', web))).toBe(false);
    expect(await story.generations('web')).not.toEqual([]);
    expect((await config())['user.pets.adopting']).toBeUndefined();
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    expect(Object.values(await story.bootIds())).toEqual([boot]);
    expect(await story.inside('web', 'ls', '/root/kept', '/nix/var/nix/profiles/system')).toContain('kept');
    // It starts from where its profile is now.
    await must('incus', ['restart', web]);
    await story.ok(['up']);
    expect((await get(other))?.body).toBe('the second page');
  });
});

describe('a remote flake', () => {
  const story = new Story('deploy-remote');
  const named = story.name('named');
  let port = 0;
  const server = createServer((_, reply) => {
    reply.end(readFileSync(join(story.folder, 'app.tar.gz')));
  });
  const ref = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/app.tar.gz`;
  const publish = async (hostname: string, text: string) => {
    story.plainFlake('app', `${hostname} environment.etc.text.text = "${text}";`);
    await must('tar', ['-czf', join(story.folder, 'app.tar.gz'), '-C', story.folder, 'app']);
  };
  const deploy = (...args: string[]) => story.pets(['deploy', ref(), ...args]);

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.close();
    await story.cleanUp();
    await removeProfile(named);
  });

  test('must suggest a name, or be given one', async () => {
    await publish('', 'one');
    const unnamed = await deploy('--port', String(port), '--nixpkgs', standIn());
    expect(unnamed.code).toBe(64);
    expect(unnamed.stderr).toContain('does not suggest a name');
    expect(await story.instances()).toEqual([]);
  });

  test('is deployed under the name that it suggests, at its newest revision each time', async () => {
    const hostname = `incus.container.hostname = "${named}";`;
    await publish(hostname, 'one');
    expect((await deploy('--port', String(port), '--nixpkgs', standIn())).code).toBe(0);
    expect(await story.inside('named', 'cat', '/etc/text')).toBe('one');
    await publish(hostname, 'two');
    await story.ok(['up', named, '--deployed']);
    expect(await story.inside('named', 'cat', '/etc/text')).toBe('two');
    await publish(hostname, 'and two');
    await story.ok(['deploy', ref(), named]);
    expect(await story.inside('named', 'cat', '/etc/text')).toBe('and two');
  });

  test('stays at that revision when it is adopted: pets.lock has it', async () => {
    story.manifest({});
    await publish('', 'three');
    await story.ok(['adopt', named, '--write']);
    expect(Object.keys((JSON.parse(story.read('pets.lock')) as { refs: object }).refs)).toEqual([ref()]);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    expect(await story.inside('named', 'cat', '/etc/text')).toBe('and two');
  });
});

describe('adopt that is struck at a write', () => {
  const story = new Story('struck');
  const daemon = new FaultyDaemon();
  const cases = (['kill-before', 'kill-after', 'drop-after'] as const).flatMap((fault) =>
    [1, 2].map((nth) => ({ fault, nth, app: `${fault}-${nth}` })),
  );

  beforeAll(async () => {
    await daemon.listen();
    story.flake('web');
  });
  afterAll(async () => {
    await daemon.close();
    await story.cleanUp();
    for (const { app } of cases) await removeProfile(story.name(app));
  });

  test.each(cases)('$fault, write $nth: the next one finishes it', async ({ fault, nth, app }) => {
    const [port = 0] = await freePorts(1);
    const name = story.name(app);
    await story.ok(['deploy', './web', name, '--port', String(port), '--nixpkgs', standIn()]);
    const [boot] = Object.values(await story.bootIds());
    story.manifest({});
    const before = story.read('pets.toml');
    const { child, ended } = story.start(['adopt', name, '--write'], { INCUS_SOCKET: daemon.socket });
    const kill = () => void child.kill('SIGKILL');
    daemon.expect({ name: `PATCH /1.0/instances/${name}`, nth, fault, kill });
    const { code } = await ended;
    expect(daemon.struck).toBe(true);
    expect(code).toBe(fault === 'drop-after' ? 0 : null);
    await story.ok(['adopt', name, '--write']);
    const table = (await story.ok(['adopt', name])).stdout;
    expect(story.read('pets.toml')).toBe(`${before}\n${table}`);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    expect(existsSync(join(PROFILES, '_deployed', name))).toBe(false);
    expect(Object.values(await story.bootIds())).toEqual([boot]);
    expect(await get(port)).toMatchObject({ status: 200 });
    await story.ok(['rm', name, '--yes']);
  });
});

describe('adopting what incus-pet made', () => {
  const story = new Story('adopt');
  const web = story.name('web');
  let port = 0;

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    story.flake('web');
    story.page('web', 'the page');
    story.manifest({});
    const mark = (key: string, value: string) => ['-c', `user.incus-pet.${key}=${value}`];
    const marks = [
      ...mark('flake-ref', join(story.folder, 'web')),
      ...mark('host-port', String(port)),
      ...mark('listen', '127.0.0.1'),
    ];
    await must('incus', ['launch', 'nixos/25.11', web, ...marks, '-c', 'security.nesting=true']);
    const proxy = [`listen=tcp:127.0.0.1:${port}`, 'connect=tcp:127.0.0.1:8080'];
    await must('incus', ['config', 'device', 'add', web, 'web', 'proxy', ...proxy]);
    await must('incus', ['exec', web, '--', 'sh', '-c', 'echo data > /root/data']);
  });
  afterAll(() => story.cleanUp());

  test('inserts its table behind the rest, and the next up keeps its data', async () => {
    const before = story.read('pets.toml').trimEnd();
    story.write('pets.toml', before);
    await story.ok(['adopt', web, '--write']);
    expect(story.read('pets.toml')).toBe(
      `${before}\n\n[apps.${web}]\nflake-ref = "${join(story.folder, 'web')}"\nport = ${port}\nlisten = "127.0.0.1"\nstore = "copy"\n`,
    );
    const again = await story.pets(['adopt', web, '--write']);
    expect(again.code).toBe(0);
    expect((await story.ok(['diff'])).stdout).toMatch(/^~ .*rebuild/m);
    await story.ok(['up']);
    expect((await get(port))?.body).toBe('the page');
    expect(await story.file('web', '/root/data')).toBe('data');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('refuses one without marks unless it is forced and told what it is; and a name that the manifest has', async () => {
    const bare = story.name('bare');
    await must('incus', ['init', '--empty', bare]);
    const refused = await story.pets(['adopt', bare, '--write']);
    expect(refused.code).toBe(64);
    expect(refused.stderr).toContain('--force');
    const unknown = await story.pets(['adopt', bare, '--write', '--force']);
    expect(unknown.code).toBe(64);
    expect(unknown.stderr).toContain('--flake-ref');
    const before = story.read('pets.toml');
    story.write('pets.toml', `${before}\n[apps.${bare}]\nflake-ref = "./web"\n`);
    const taken = await story.pets(['adopt', bare, '--write', '--force', '--flake-ref', './web']);
    expect(taken.code).toBe(65);
    expect(taken.stderr).toMatch(/pets\.toml:\d+:\d+: /);
    story.write('pets.toml', before);
    await story.ok(['adopt', bare, '--write', '--force', '--flake-ref', './web']);
    expect(story.read('pets.toml')).toContain(`[apps.${bare}]`);
    const marks = (await story.instances()).find(({ name }) => name === bare)?.config;
    expect(marks).toMatchObject({ 'user.pets.project': story.project, 'user.pets.app': bare });
  });
});
