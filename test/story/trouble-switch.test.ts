import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { seen, Story } from './rig.js';

let story: Story;
beforeEach(() => {
  story = new Story('switch');
});
afterEach(() => story.cleanUp());

describe('while it runs', () => {
  test('a switch that failed is taken back, tried again when that is asked for, and not taken for done', async () => {
    story.plainFlake('app', '');
    story.manifest({ app: 'flake-ref = "./app"' });
    await story.ok(['up']);
    story.plainFlake('app', 'system.activationScripts.broken = "echo cannot; exit 1";');
    for (const args of [[], ['--retry']]) {
      const up = await story.pets(['up', '--progress', 'plain', ...args]);
      expect({ args, code: up.code }).toEqual({ args, code: 3 });
      expect(up.stderr).toContain('the activation script broke off: the guest still runs /nix/store/');
      expect(up.stderr).toContain('cannot');
      expect(await story.pets(['diff', '--exit-code'])).toMatchObject({ code: 2 });
    }
    story.plainFlake('app', '');
    await story.ok(['up']);
  });

  test('an activation of which a part failed (exit 2) is a warning: the system runs, and health decides', async () => {
    const told = (text: string) => `environment.etc."told".text = "${text}";`;
    story.plainFlake('app', told('first'));
    story.manifest({ app: 'flake-ref = "./app"' });
    await story.ok(['up']);
    const boots = await story.bootIds();
    story.plainFlake('app', `${told('second')} system.activationScripts.shaky = "false; echo goes on";`);
    const up = await story.ok(['up', '--progress', 'plain']);
    expect(up.stderr).toContain("warning: Activation script snippet 'shaky' failed (1)");
    expect(await story.inside('app', 'cat', '/etc/told')).toBe('second');
    expect(await story.bootIds()).toEqual(boots);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('the job that a boot, or a switch, waits for is shown while it does', async () => {
    /** They have started when the story says so. */
    const slow = (...names: string[]) =>
      names
        .map(
          (name) => `systemd.services.${name} = {
            wantedBy = [ "multi-user.target" ];
            serviceConfig.Type = "oneshot";
            script = "until test -e /var/go-${name}; do sleep 0.2; done";
          };`,
        )
        .join('\n');
    const upUntil = async (shown: string, name: string) => {
      const { child, ended } = story.start(['up', '--progress', 'plain']);
      await seen(child, `${story.name('app')}: ${shown}: waiting for ${name}.service (start)`);
      await story.inside('app', 'touch', `/var/go-${name}`);
      expect(await ended).toMatchObject({ code: 0 });
    };
    story.manifest({ app: 'flake-ref = "./app"' });
    story.plainFlake('app', slow('first'));
    await upUntil('waiting for the system', 'first');
    story.plainFlake('app', slow('first', 'second'));
    await upUntil('switching', 'second');
  });

  test('a unit that fails during a switch (exit 4): told as a warning, and the app fails with its journal', async () => {
    const unit = (script: string) =>
      `systemd.services.worker = { wantedBy = [ "multi-user.target" ]; serviceConfig.Type = "oneshot"; script = "${script}"; };`;
    story.plainFlake('app', unit('echo fine'));
    story.manifest({ app: 'flake-ref = "./app"' });
    await story.ok(['up']);
    const boots = await story.bootIds();
    const noise = 'system.activationScripts.locale = "echo perl: warning: Setting locale failed. >&2";';
    story.plainFlake('app', unit('echo a late excuse; exit 3') + noise);
    const up = await story.pets(['up', '--progress', 'plain']);
    expect(up.code).toBe(3);
    expect(up.stderr).toContain('warning: the following units failed: worker.service');
    expect(up.stderr).not.toContain('warning: perl');
    expect(up.stderr).toContain('a late excuse');
    expect(await story.pets(['diff', '--exit-code'])).toMatchObject({ code: 2 });
    story.plainFlake('app', unit('echo fine again'));
    const back = await story.bootIds();
    expect(back).not.toEqual(boots);
    await story.ok(['up']);
    expect(await story.bootIds()).toEqual(back);
  });
});
