import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { must, Story } from './rig.js';

const UNIT = `systemd.services.app = { wantedBy = [ "multi-user.target" ]; serviceConfig.ExecStart = "/bin/sleep infinity"; };`;

describe('limits, autostart and what is handed to Incus', () => {
  const story = new Story('limits');
  beforeAll(() => {
    story.plainFlake('app', UNIT);
  });
  afterAll(() => story.cleanUp());
  const app = (lines: string) => {
    story.manifest({ app: `flake-ref = "./app"\n${lines}` });
  };
  const config = async () => (await story.instances())[0]?.config ?? {};

  test('apply from the start, and hot afterwards', async () => {
    app('limits = { cpu = 1, memory = "600MiB" }\nautostart = true');
    await story.ok(['up']);
    expect(await story.inside('app', 'nproc')).toBe('1');
    expect(await config()).toMatchObject({ 'limits.memory': '600MiB', 'boot.autostart': 'true' });
    const boots = await story.bootIds();
    app('limits = { cpu = 2 }\nautostart = false');
    expect((await story.ok(['diff'])).stdout).toMatch(/reconfigure +interrupts nothing/);
    await story.ok(['up']);
    // The daemon deals out the CPUs anew a moment after it has said yes.
    for (let n = 0; n < 100 && (await story.inside('app', 'nproc')) !== '2'; n++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await story.inside('app', 'nproc')).toBe('2');
    expect(await config()).toMatchObject({ 'limits.cpu': '2', 'boot.autostart': 'false' });
    expect(await config()).not.toHaveProperty(['limits.memory']);
    expect(await story.bootIds()).toEqual(boots);
  });

  test('drift is shown and repaired', async () => {
    await must('incus', ['config', 'set', story.name('app'), 'limits.cpu=1', 'limits.memory=1GiB']);
    const diff = (await story.ok(['diff'])).stdout;
    expect(diff).toMatch(/limits\.cpu +1 → 2 +\(drifted/);
    expect(diff).toMatch(/limits\.memory +1GiB → none +\(drifted/);
    await story.ok(['up']);
    expect(await config()).not.toHaveProperty(['limits.memory']);
  });

  test('config, devices and profiles are passed on; what pets owns is refused', async () => {
    app(
      'incus = { config = { "user.note" = "mine" }, devices.null = { type = "unix-char", source = "/dev/null", path = "/dev/mine" } }',
    );
    await story.ok(['up']);
    expect(await config()).toMatchObject({ 'user.note': 'mine' });
    expect(await story.inside('app', 'stat', '-c', '%F', '/dev/mine')).toBe('character special file');
    for (const owned of [
      'config."raw.lxc" = "x"',
      'config."user.pets.app" = "x"',
      'devices.web = { type = "none" }',
    ]) {
      app(`incus.${owned}`);
      expect(await story.pets(['up'])).toMatchObject({ code: 65 });
    }
    app('');
    await story.ok(['up']);
    expect(await config()).not.toHaveProperty(['user.note']);
    await expect(story.inside('app', 'stat', '/dev/mine')).rejects.toThrow('No such file');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });
});

describe('after', () => {
  const story = new Story('after');
  beforeAll(() => {
    story.plainFlake('app', UNIT);
    story.plainFlake(
      'broken',
      `systemd.services.app = { wantedBy = [ "multi-user.target" ]; serviceConfig.ExecStart = "/bin/false"; };`,
    );
  });
  afterAll(() => story.cleanUp());
  const startedAt = async (app: string) => Number(await story.inside(app, 'stat', '-c', '%Y', '/proc/1'));

  test('an app that needs another is not started before that one is up, and not at all when it fails', async () => {
    const after = `after = ["${story.name('db')}"]`;
    story.manifest({
      db: 'flake-ref = "./broken"',
      web: `flake-ref = "./app"\n${after}`,
      other: 'flake-ref = "./app"',
    });
    const up = await story.pets(['up']);
    expect(up.code).toBe(1);
    expect(up.stderr).toMatch(/web +skipped|web: skipped/);
    expect(up.stderr).toContain(`needs ${story.name('db')}`);
    const status = Object.fromEntries((await story.instances()).map((i) => [i.name, i.status]));
    expect(status).toMatchObject({ [story.name('web')]: 'Stopped', [story.name('other')]: 'Running' });
    story.manifest({
      db: 'flake-ref = "./app"',
      web: `flake-ref = "./app"\n${after}`,
      other: 'flake-ref = "./app"',
    });
    await story.ok(['up']);
    expect(await startedAt('web')).toBeGreaterThanOrEqual(await startedAt('db'));
  });

  test('selected alone, it must find the other running', async () => {
    await must('incus', ['stop', story.name('db')]);
    await must('incus', ['stop', story.name('web')]);
    const up = await story.pets(['up', story.name('web')]);
    expect(up.code).toBe(65);
    expect(up.stderr).toContain(`pets up ${story.name('db')} ${story.name('web')}`);
    await story.ok(['up', story.name('db')]);
    await story.ok(['up', story.name('web')]);
  });

  test.each([
    ['a circle', 'wait for one another'],
    ['a name that is not there', 'did you mean'],
  ])('%s is told at its line', async (_, words) => {
    const name = words === 'did you mean' ? `${story.name('db')}b` : story.name('web');
    story.manifest({
      db: `flake-ref = "./app"\nafter = ["${name}"]`,
      web: `flake-ref = "./app"\nafter = ["${story.name('db')}"]`,
    });
    const up = await story.pets(['up']);
    expect(up.code).toBe(65);
    expect(up.stderr).toContain(words);
    expect(up.stderr).toMatch(/pets\.toml:\d+:\d+/);
  });
});

describe('activation', () => {
  const story = new Story('act');
  const told = (text: string, standIn = '') => {
    story.plainFlake('app', `${UNIT} environment.etc."told".text = "${text}"; ${standIn}`);
  };
  const manifest = (activation: string, more = '') => {
    story.manifest({ app: `flake-ref = "./app"\nactivation = "${activation}"\n${more}` });
  };
  beforeAll(async () => {
    told('first');
    manifest('auto');
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());
  const boot = async () => Object.values(await story.bootIds())[0];

  test('"switch" does not restart into a system: a refused switch fails, is taken back, and says what would', async () => {
    manifest('switch');
    told('second', 'standIn.switch = "inhibited";');
    const up = await story.pets(['up']);
    expect(up.code).toBe(3);
    expect(up.stderr).toMatch(/activation = "auto" or "restart"/);
    expect(await story.inside('app', 'cat', '/etc/told')).toBe('first');
  });

  test('"switch" and one that hangs: it ends at the limit of the app', async () => {
    manifest('switch', 'timeout = "3s"');
    told('third', 'standIn.switch = "hang";');
    const up = await story.pets(['up']);
    expect(up.code).toBe(3);
    expect(up.stderr).toContain('did not end within 3 s');
  });

  test('"auto" goes on where "switch" did not: by a restart', async () => {
    const before = await boot();
    manifest('auto', 'timeout = "20s"');
    told('fourth', 'standIn.switch = "inhibited";');
    const up = await story.ok(['up']);
    expect(up.stderr).toContain('the container was restarted instead');
    expect(await boot()).not.toBe(before);
    expect(await story.inside('app', 'cat', '/etc/told')).toBe('fourth');
  });

  test('"restart" restarts where a switch would do, and diff says so', async () => {
    const before = await boot();
    manifest('restart');
    told('fifth');
    expect((await story.ok(['diff'])).stdout).toContain('restarts the container');
    await story.ok(['up']);
    expect(await boot()).not.toBe(before);
    expect(await story.inside('app', 'cat', '/etc/told')).toBe('fifth');
  });

  test('old generations go, as many as `keep` says stay', async () => {
    manifest('auto', 'keep = 2');
    for (const text of ['sixth', 'seventh']) {
      told(text);
      await story.ok(['up']);
    }
    expect(await story.generations('app')).toHaveLength(2);
  });
});
