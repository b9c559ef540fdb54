import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Story } from './rig.js';
import { UNIT } from './sleeper.js';

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

  test('another init (exit 100) is no failure: it takes a restart', async () => {
    const before = await boot();
    told('with another init', 'standIn.initInterface = 3;');
    const up = await story.ok(['up']);
    expect(up.stderr).toContain('the init of the system is another');
    expect(await boot()).not.toBe(before);
    expect(await story.inside('app', 'cat', '/etc/told')).toBe('with another init');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
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
