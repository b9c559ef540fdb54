import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Story } from './rig.js';

let story: Story;
beforeEach(() => {
  story = new Story('restart');
});
afterEach(() => story.cleanUp());

describe('while it runs', () => {
  test.each([
    ['inhibited', 'refuses to be switched to', '60s'],
    ['locked', 'holds the lock', '60s'],
    ['hang', 'did not end within', '4s'],
  ])('a switch that is %s ends in a restart into the new system', async (how, words, timeout) => {
    story.plainFlake('app', 'environment.etc."which".text = "first";');
    story.manifest({ app: 'flake-ref = "./app"' });
    await story.ok(['up']);
    const boots = await story.bootIds();
    story.plainFlake('app', `environment.etc."which".text = "second"; standIn.switch = "${how}";`);
    const up = await story.pets(['up', '--progress', 'plain', '--timeout', timeout]);
    expect(up.stderr).toContain(words);
    expect(up.code).toBe(0);
    expect(await story.inside('app', 'cat', '/etc/which')).toBe('second');
    expect(await story.bootIds()).not.toEqual(boots);
    await story.ok(['diff', '--exit-code']);
  });

  test('a guest that dies while it boots is reported, and a fixed flake brings it up', async () => {
    story.plainFlake('app', 'standIn.boot = "dies";');
    story.manifest({ app: 'flake-ref = "./app"' });
    const up = await story.pets(['up', '--timeout', '20s']);
    expect(up.code).toBe(1);
    expect(up.stderr).toMatch(/dead at once|died while it booted/);
    story.plainFlake('app', '');
    await story.ok(['up']);
  });
});
