import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Story } from './rig.js';

describe('units that fail until somebody has logged in', () => {
  const story = new Story('before', { isWatched: true });
  const login = story.name('app');
  const app = (text: string, more = '', key = '/var/logged-in') => {
    const script = `test -e ${key} || { echo please log in; exit 1; }`;
    story.plainFlake(
      'app',
      `environment.etc."told".text = "${text}";
       systemd.services.login = { wantedBy = [ "multi-user.target" ]; serviceConfig.Type = "oneshot"; script = "${script}"; };
       systemd.services.again = {
         wantedBy = [ "multi-user.target" ];
         unitConfig.StartLimitIntervalSec = 0;
         serviceConfig = { Restart = "on-failure"; RestartSec = 1; };
         script = "${script}\nexec sleep infinity";
       };
       ${more}`,
    );
  };
  const manifest = (more = '') => {
    story.manifest({ app: `flake-ref = "./app"\n${more}` });
  };
  const told = () => story.inside('app', 'cat', '/etc/told');
  const excused = 'login.service has failed, as it had before';

  beforeAll(() => {
    manifest();
    app('first');
  });
  afterAll(() => story.cleanUp());

  test('fail an app that has never been up', async () => {
    const up = await story.pets(['up']);
    expect(up.code).toBe(1);
    expect(up.stderr).toContain('please log in');
    await story.inside('app', 'touch', '/var/logged-in');
    await story.inside('app', 'systemctl', 'start', 'login');
    await story.ok(['up']);
  });

  test('are a warning after a switch where they had failed before it', async () => {
    await story.inside('app', 'rm', '/var/logged-in');
    await story.inside('app', 'systemctl', 'restart', '--no-block', 'login', 'again');
    app('second');
    const up = await story.ok(['up', '--progress', 'plain']);
    expect(up.stderr).toContain(`warning: ${excused}`);
    expect(up.stderr).toContain('but for again.service, login.service, as before');
    expect(await told()).toBe('second');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('and after a restart, or a stop for the data', async () => {
    expect((await story.ok(['restart', login])).stderr).toContain(excused);
    manifest('volumes = { data = "/var/lib/data" }');
    await story.ok(['up']);
    app('third');
    expect((await story.ok(['up'])).stderr).toContain(excused);
    expect(await told()).toBe('third');
  });

  test('do not hide another that fails, and its way back is gone to the end', async () => {
    app(
      'fourth',
      'systemd.services.other = { wantedBy = [ "multi-user.target" ]; serviceConfig.Type = "oneshot"; script = "exit 1"; };',
    );
    const up = await story.pets(['up']);
    expect(up.stderr).toContain('other.service failed');
    expect(up.stderr).toMatch(/generation \d+ serves/);
    expect(up.code).toBe(3);
    expect(await told()).toBe('third');
  });

  test('are forgotten when they work: then they fail an upgrade like any other', async () => {
    await story.inside('app', 'touch', '/var/logged-in');
    await story.inside('app', 'systemctl', 'restart', 'login', 'again');
    app('fifth');
    await story.ok(['up']);
    app('sixth', '', '/var/logged-in-anew');
    const up = await story.pets(['up']);
    expect(up.stderr).toContain('login.service failed');
    expect(up.code).toBe(3);
  });
});
