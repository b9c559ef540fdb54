import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { must, Story, until } from './rig.js';
import { UNIT } from './sleeper.js';

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
    await until(async () => (await story.inside('app', 'nproc')) === '2', { what: 'it has not two CPUs' });
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
      'config."raw.apparmor" = "# nothing"',
      'devices.host = { type = "disk", source = "/", path = "/host" }',
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
