import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DATA, ledger, servingLedger, stateOf } from './ledger.js';
import { BOOT_ID, must, until } from './rig.js';

describe('a new version is rehearsed', () => {
  const { story, manifest, rows, versions, setUp } = servingLedger('reh');
  const app = story.name('app');
  const twin = `${app}-rehearsal`;
  const REHEARSED = 'update = { auto = false, rehearse = true }';
  const boot = () => story.inside('app', ...BOOT_ID);
  /** The app alone is there, as it was: the same boot, state, volumes and starts of its service. */
  const seen = async () => ({
    boot: await boot(),
    state: await stateOf(story),
    starts: await versions(),
    rows: await rows(),
    instances: (await story.instances()).map(({ name, status }) => `${name} ${status}`),
    volumes: (await story.volumes()).map(({ name }) => name),
  });

  beforeAll(async () => {
    await setUp();
    manifest(REHEARSED);
  });
  afterAll(() => story.cleanUp());

  test('only looked at, when somebody asks for just that', async () => {
    expect((await story.ok(['rehearse'])).stderr).toMatch(/unchanged/);
    const before = await seen();
    ledger(story, 'v2', 'echo migrated >> index.html');
    const dry = await story.ok(['rehearse', '--dry-run']);
    expect(dry.stdout).toMatch(/rehearse/);
    const { stderr } = await story.ok(['rehearse', app]);
    expect(stderr).toMatch(/http 200 .*in its twin; the app stood still for \d+\.\d+s/);
    expect(await seen()).toEqual(before);
  });

  test('before it serves', async () => {
    expect((await story.ok(['diff'])).stdout).toContain('is tried in a twin before it serves');
    const { stderr } = await story.ok(['up']);
    expect(stderr).toMatch(/rehearsed .*in its twin/);
    expect(await rows()).toBe('row 1\nrow 2\nmigrated');
    expect(await versions()).toEqual(['v1', 'v2']);
    expect((await story.instances()).map(({ name }) => name)).toEqual([app]);
  });

  test.each([
    ['that destroys its data', 'rm index.html', '', /GET \/ answers 404/],
    ['whose service ends', 'echo ruined > index.html; exit 3', '', /ledger\.service/],
    ['that dies', 'echo ruined > index.html; kill -RTMIN+14 1; sleep 30', '', /died|ledger\.service/],
  ])('and one %s touches nothing, and is not tried again', async (_, migration, more, why) => {
    const before = await seen();
    ledger(story, `bad-${migration.length}`, migration, more);
    const up = await story.pets(['up']);
    expect(up.stderr).toMatch(why);
    expect(up.stderr).toContain('nothing was touched');
    expect(up.code).toBe(4);
    expect(await seen()).toEqual(before);
    const again = await story.pets(['up']);
    expect(again.code).toBe(3);
    expect(again.stderr).toContain(`pets up --retry ${app}`);
    expect(await story.pets(['rehearse', '--retry'])).toMatchObject({ code: 4 });
    expect(await seen()).toEqual(before);
  });

  test('and what a twin cannot do is no failure: nobody knows', async () => {
    // Neither the old version nor the new one starts without a network.
    const needsNetwork = 'test -e /sys/class/net/eth0 || exit 5';
    ledger(story, 'v3', needsNetwork);
    await story.ok(['up', '--no-rehearse']);
    const before = await seen();
    ledger(story, 'v4', needsNetwork);
    const up = await story.pets(['up']);
    expect(up.stderr).toContain('could not be rehearsed');
    expect(up.stderr).toContain(`pets up --no-rehearse ${app}`);
    expect(up.code).toBe(4);
    expect(await seen()).toEqual(before);
    manifest('update = { auto = false, rehearse = { network = true } }');
    await story.ok(['up']);
    expect(await versions()).toEqual([...before.starts, 'v4']);
  });

  test('and what a kill has left of it goes with the next run, and the app goes on', async () => {
    const before = await seen();
    ledger(story, 'v5', 'sleep 5');
    const { child, ended } = story.start(['up']);
    const isThere = async () =>
      (await story.instances()).some(({ name, status }) => name === twin && status === 'Running');
    await until(isThere, { what: 'the twin never runs' });
    child.kill('SIGKILL');
    await ended;
    // As a kill does that comes while the volumes are copied.
    await must('incus', ['config', 'set', twin, `user.pets.still=${app}`], story.env());
    await must('incus', ['pause', app], story.env());
    const left = await story.ok(['ps', '--json']);
    expect(left.stdout).not.toContain(twin);
    await story.ok(['up', '--no-rehearse', '--dry-run']);
    await story.ok(['start', app]);
    expect(await rows()).toBe(before.rows);
    expect((await story.instances()).map(({ name, status }) => `${name} ${status}`)).toEqual(
      before.instances,
    );
    expect((await story.volumes()).map(({ name }) => name)).toEqual(before.volumes);
    await story.ok(['up', '--no-rehearse']);
    expect(await versions()).toEqual([...before.starts, 'v5']);
  });

  test('with its secrets, the folders it reads, and volumes that are yet to come', async () => {
    story.write('secret', 'hush');
    story.write('folder/expected', 'hush');
    const looks = [
      'touch /srv/folder/no && exit 6',
      'test -d /srv/made || exit 7',
      'echo x > /var/lib/more/x || exit 8',
      // Of systemd one dollar of two is left.
      'test $$(cat $$CREDENTIALS_DIRECTORY/token) = $$(cat /srv/folder/expected) || exit 9',
    ].join('; ');
    ledger(story, 'v6', looks, 'serviceConfig.LoadCredential = "token";');
    const more = [
      `volumes = { data = "${DATA}", more = "/var/lib/more" }`,
      'binds = ["./folder:/srv/folder", "./made:/srv/made:create"]',
      'secrets = { token = { file = "./secret" } }',
    ];
    const written = story.read('pets.toml');
    const whole = written.replace(/^volumes = .*$/m, more.join('\n'));
    expect(whole).not.toBe(written);
    story.write('pets.toml', whole);
    const before = await seen();
    expect((await story.ok(['rehearse'])).stderr).toMatch(/in its twin/);
    expect(await seen()).toEqual(before);
    expect(existsSync(join(story.folder, 'made'))).toBe(false);
  });
});
