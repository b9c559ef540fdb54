import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePorts, must, Story } from './rig.js';

describe('an app that asks to be restarted when it is not well', () => {
  const story = new Story('health-restart');
  const web = story.name('web');
  let port = 0;
  const check = async () => {
    const { stdout, stderr } = await story.ok(['alerts', '--check', '--json']);
    const { alerts } = JSON.parse(stdout) as { alerts: { kind: string; app: string }[] };
    return { alerts: alerts.map(({ kind }) => kind), stderr };
  };
  const boot = async () => (await story.bootIds())[web];
  const breaks = () => story.inside('web', 'systemctl', 'stop', 'hello-web');
  const setRestarts = (...times: string[]) =>
    must('incus', ['config', 'set', web, `user.pets.restarts=${times.join(' ')}`], story.env());
  const minutesAgo = (n: number) => new Date(Date.now() - n * 60_000).toISOString();

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    story.flake('web');
    story.page('web', 'one');
    const health = 'health = { path = "/", timeout = "10s", interval = "1s", successes = 1, restart = true }';
    story.manifest({ web: `flake-ref = "path:./web"\nport = ${port}\n${health}` });
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());

  test('is left alone while it is', async () => {
    const before = await boot();
    expect((await check()).alerts).toEqual([]);
    expect(await boot()).toBe(before);
  });

  test('is told and restarted; the next look closes the alert', async () => {
    const before = await boot();
    await breaks();
    const { alerts, stderr } = await check();
    expect(alerts).toEqual(['unhealthy']);
    expect(stderr).toContain('is not well, and is restarted');
    expect(await boot()).not.toBe(before);
    expect((await check()).alerts).toEqual([]);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('but not at once again, and not more than three times in a day', async () => {
    const before = await boot();
    await breaks();
    expect((await check()).stderr).toContain('was restarted just now');
    await setRestarts(minutesAgo(600), minutesAgo(300), minutesAgo(60));
    const { alerts, stderr } = await check();
    expect(alerts).toEqual(['unhealthy']);
    expect(stderr).toContain('was restarted 3 times in a day, and is left as it is');
    expect(await boot()).toBe(before);
  });

  test('and not where somebody has stopped it', async () => {
    await setRestarts(minutesAgo(600));
    await story.ok(['stop', web]);
    expect((await check()).alerts).toEqual(['unhealthy']);
    expect((await story.instances()).map(({ status }) => status)).toEqual(['Stopped']);
  });
});
