import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readlinkSync } from 'node:fs';
import { freePorts, get, must, run, Story } from './rig.js';

const DATA = '/var/lib/ledger';

/** A service that keeps rows in its volume, and does `migration` before it serves them. */
function ledger(story: Story, version: string, migration = 'true', more = ''): void {
  const steps = [
    `cd ${DATA}`,
    `echo ${version} >> versions`,
    'test -f index.html || echo row 1 > index.html',
    migration,
    `exec /bin/busybox httpd -f -p 127.0.0.1:8080 -h ${DATA}`,
  ];
  story.plainFlake(
    'ledger',
    `systemd.services.ledger = {
       wantedBy = [ "multi-user.target" ];
       environment.VERSION = "${version}";
       serviceConfig.ExecStart = "/bin/sh -c '${steps.join('; ')}'";
       ${more}
     };`,
  );
}

/** What a pet is, as far as a rollback is about it. */
async function stateOf(story: Story) {
  const [instance] = await story.instances();
  const { config = {}, devices = {} } = instance ?? {};
  const proxies = Object.entries(devices).filter(([, device]) => device['type'] === 'proxy');
  const directory = `/nix/var/nix/profiles/per-pet/${story.project}/${story.name('app')}`;
  return {
    applied: config['user.pets.applied'],
    state: config['user.pets.state'],
    proxies: proxies.map(([, { listen }]) => listen).sort(),
    disks: Object.entries(devices).filter(([, device]) => device['type'] === 'disk'),
    memory: config['limits.memory'],
    profile: readlinkSync(`${directory}/${readlinkSync(`${directory}/system`)}`),
  };
}

describe('an upgrade that goes wrong', () => {
  const story = new Story('upg');
  let port = 0;
  const manifest = (lines = '') => {
    story.manifest({
      app: `flake-ref = "./ledger"\nport = ${port}\nvolumes = { data = "${DATA}" }\nhealth = { path = "/", timeout = "8s" }\n${lines}`,
    });
  };
  const rows = async () => (await get(port))?.body;
  const write = (row: string) => story.inside('app', 'sh', '-c', `echo ${row} >> ${DATA}/index.html`);
  const versions = async () => (await story.inside('app', 'cat', `${DATA}/versions`)).split('\n');

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    ledger(story, 'v1');
    manifest();
    await story.ok(['up']);
    await write('row 2');
  });
  afterAll(() => story.cleanUp());

  test.each([
    [
      'a migration that destroys the data, and then is not healthy',
      'rm index.html',
      '',
      /GET \/ answers 404/,
    ],
    ['a service that fails', 'echo ruined > index.html; exit 3', '', /ledger\.service/],
    [
      'a service that is restarted again and again',
      'echo ruined > index.html; exit 3',
      'serviceConfig.Restart = "always"; serviceConfig.RestartSec = 1; unitConfig.StartLimitIntervalSec = 0;',
      /ledger\.service/,
    ],
    ['a guest that dies', 'echo ruined > index.html; kill -RTMIN+14 1; sleep 30', '', /died|ledger\.service/],
  ])('%s: the old version serves the old rows', async (_, migration, more, why) => {
    const before = await stateOf(story);
    const seen = await versions();
    ledger(story, 'v2', migration, more);
    const up = await story.pets(['up']);
    expect(up.stderr).toMatch(why);
    expect(up.stderr).toContain('generation 1 serves');
    expect(up.code).toBe(3);
    expect(await rows()).toBe('row 1\nrow 2');
    // The old version has started once more.
    expect(await versions()).toEqual([...seen, 'v1']);
    expect(await stateOf(story)).toEqual(before);
    expect((await story.instances()).map((i) => i.status)).toEqual(['Running']);
    const again = await story.pets(['up']);
    expect(again).toMatchObject({ code: 3 });
    expect(again.stderr).toContain(`pets up --retry ${story.name('app')}`);
    expect(await stateOf(story)).toEqual(before);
    expect((await story.ok(['diff'])).stdout).toMatch(/held: tried before: /);
  });

  test('its journal is in the summary and in the record', async () => {
    ledger(story, 'v2', 'echo cannot go on >&2; exit 7');
    const up = await story.pets(['up']);
    expect(up.stderr).toContain('cannot go on');
    const [shown, list] = [await story.ok(['runs', 'last']), await story.ok(['runs', '--json'])];
    expect(shown.stdout).toContain('cannot go on');
    expect((JSON.parse(list.stdout) as { runs: { exitCode: number }[] }).runs[0]?.exitCode).toBe(3);
  });

  test('with another port, more memory and another volume: all of it is as it was', async () => {
    const before = await stateOf(story);
    const [other = 0] = await freePorts(1);
    ledger(story, 'v3', 'rm index.html');
    story.manifest({
      app: `flake-ref = "./ledger"\nport = ${other}\nvolumes = { data = "${DATA}", extra = "/srv/extra" }\nlimits.memory = "300MiB"\nhealth = { path = "/", timeout = "8s" }`,
    });
    expect(await story.pets(['up'])).toMatchObject({ code: 3 });
    expect(await stateOf(story)).toEqual(before);
    expect(await get(other)).toBeNull();
    expect(await rows()).toBe('row 1\nrow 2');
    manifest();
  });

  test('with --retry it is tried again; what works then is kept, and a new row survives', async () => {
    ledger(story, 'v4', `test -f /var/lib/ledger-is-ready`);
    ledger(story, 'v4', 'test -f ready || exit 1');
    expect(await story.pets(['up'])).toMatchObject({ code: 3 });
    await story.inside('app', 'touch', `${DATA}/ready`);
    await write('row 3');
    expect(await story.pets(['up', '--retry'])).toMatchObject({ code: 0 });
    expect(await rows()).toBe('row 1\nrow 2\nrow 3');
    expect((await versions()).at(-1)).toBe('v4');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('a first deploy that is unhealthy stays to be looked at, and the next up goes on with it', async () => {
    await story.ok(['down', '--yes']);
    ledger(story, 'v5', 'echo half > half; exit 1');
    const up = await story.pets(['up']);
    expect(up.code).toBe(1);
    expect((await story.ok(['ps'])).stdout).toContain('running, unfinished');
    expect(await story.inside('app', 'cat', `${DATA}/half`)).toBe('half');
    ledger(story, 'v6');
    await story.ok(['up']);
    expect(await rows()).toBe('row 1\nrow 2\nrow 3');
  });
});

describe('generations', () => {
  const story = new Story('gens');
  let ports: number[] = [];
  const up = async (version: string, port: number, args: readonly string[] = []) => {
    ledger(story, version, `echo ${version} > index.html`);
    story.manifest({
      app: `flake-ref = "./ledger"\nport = ${port}\nvolumes = { data = "${DATA}" }\nhealth = { path = "/" }\nkeep = 3`,
    });
    await story.ok(['up', ...args]);
  };
  const history = async () =>
    (
      JSON.parse((await story.ok(['history', story.name('app'), '--json'])).stdout) as {
        generations: { generation: number; current: boolean; toplevel: string; health: string; at: string }[];
      }
    ).generations;
  const current = async () => (await history()).find((g) => g.current)?.generation;

  beforeAll(async () => {
    ports = await freePorts(2);
    await up('v1', ports[0] ?? 0);
    await up('v2', ports[0] ?? 0);
    await up('v3', ports[1] ?? 0);
  });
  afterAll(() => story.cleanUp());

  test('are listed with when, revision, system and health', async () => {
    const listed = await history();
    expect(listed.map((g) => g.generation)).toEqual([3, 2, 1]);
    expect(listed.map((g) => g.current)).toEqual([true, false, false]);
    expect(listed[0]?.health).toMatch(/http 200/);
    const text = (await story.ok(['history', story.name('app')])).stdout;
    expect(text).toMatch(/\* +3 .*http 200/);
  });

  test('a rollback brings back system and port without a build, and keeps the data', async () => {
    const back = await story.ok(['rollback', story.name('app')]);
    expect(back.stderr).not.toMatch(/building|evaluating/);
    expect(await get(ports[0] ?? 0)).toMatchObject({ body: 'v2' });
    expect(await get(ports[1] ?? 0)).toBeNull();
    expect(await current()).toBe(2);
    expect(await story.inside('app', 'cat', `${DATA}/versions`)).toBe('v1\nv2\nv3\nv2');
    // What was left does not come back by itself.
    const again = await story.pets(['up']);
    expect(again).toMatchObject({ code: 3 });
    expect(again.stderr).toContain('rolled back by hand');
    expect(await get(ports[0] ?? 0)).toMatchObject({ body: 'v2' });
  });

  test('survive that the host forgets old generations of all profiles', async () => {
    const directory = `/nix/var/nix/profiles/per-pet/${story.project}/${story.name('app')}`;
    // What `nix-collect-garbage -d` does to each profile.
    await must('nix-env', ['--profile', `${directory}/system`, '--delete-generations', 'old']);
    const dead = (await run('nix-store', ['--gc', '--print-dead'])).stdout;
    for (const { toplevel } of await history()) expect(dead).not.toContain(toplevel);
    await must('incus', ['restart', story.name('app')]);
    await story.ok(['rollback', story.name('app'), '3']);
    expect(await get(ports[1] ?? 0)).toMatchObject({ body: 'v3' });
    await story.ok(['rollback', story.name('app'), '1']);
    expect(await get(ports[0] ?? 0)).toMatchObject({ body: 'v1' });
  });

  test('with --data the volumes are as they were when it was left', async () => {
    await story.ok(['rollback', story.name('app'), '2', '--data']);
    // v2 was left twice, the second time after it had started twice; now it has started once more.
    expect(await story.inside('app', 'cat', `${DATA}/versions`)).toBe('v1\nv2\nv3\nv2\nv2\nv2');
    const none = await story.pets(['rollback', story.name('app'), '9']);
    expect(none).toMatchObject({ code: 64 });
    expect(none.stderr).toContain('there are 3, 1');
  });

  test('beyond `keep` they go, with their copies of the volumes; gc takes what a smaller `keep` leaves', async () => {
    await up('v4', ports[0] ?? 0);
    await up('v5', ports[0] ?? 0);
    expect((await history()).map((g) => g.generation)).toEqual([5, 4, 3]);
    const [volume] = await story.volumes();
    const copies = async () =>
      (
        JSON.parse(
          await must('incus', [
            'query',
            `/1.0/storage-pools/default/volumes/custom/${volume?.name ?? ''}/snapshots`,
          ]),
        ) as string[]
      )
        .map((path) => path.split('/').at(-1))
        .sort();
    expect(await copies()).toEqual(['pets-3', 'pets-4']);
    story.write('pets.toml', story.read('pets.toml').replace('keep = 3', 'keep = 1'));
    await story.ok(['gc']);
    expect((await history()).map((g) => g.generation)).toEqual([5]);
    expect(await copies()).toEqual([]);
    expect(await story.generations('app')).toHaveLength(1);
    expect(await get(ports[0] ?? 0)).toMatchObject({ body: 'v5' });
  });
});
