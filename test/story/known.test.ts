import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readlinkSync } from 'node:fs';
import { must, Story, watchedNix } from './rig.js';

describe('a system that was evaluated before', () => {
  const story = new Story('known');
  const write = (text: string) => {
    story.plainFlake('app', `environment.etc."said".text = "${text}";`);
  };
  const said = () => story.inside('app', 'cat', '/etc/said');
  /** The calls of Nix that an `up` makes. */
  const up = async (): Promise<readonly string[]> => {
    const nix = watchedNix(story);
    await story.ok(['up'], nix.env);
    return nix.calls();
  };
  const evaluations = (calls: readonly string[]) => calls.filter((call) => call.includes(' eval '));
  const current = async () => readlinkSync((await story.generations('app')).at(-1) ?? '');

  beforeAll(async () => {
    write('one');
    story.manifest({ app: 'flake-ref = "./app"\nhealth = false\nkeep = 1' });
    expect(evaluations(await up())).toHaveLength(1);
    write('two');
    await up();
  });
  afterAll(() => story.cleanUp());

  test('is neither evaluated nor built', async () => {
    write('one');
    const calls = await up();
    expect(await said()).toBe('one');
    // One that holds it until the profile does, and the one that sees that the profile does.
    expect(calls).toHaveLength(2);
    for (const call of calls)
      expect(call).toMatch(/^nix-store --realise \/nix\/store\/[^ ]*-nixos-system-[^ ]*$|--add-root/);
  });

  test('is not even asked for where the app’s profile holds it: no process of Nix', async () => {
    story.write('app/README', 'nothing reads this\n');
    expect(evaluations(await up())).toHaveLength(1);
    story.write('app/README', 'nor this\n');
    expect(evaluations(await up())).toHaveLength(1);
    story.write('app/README', 'nothing reads this\n');
    expect(await up()).toEqual([]);
  });

  test('is evaluated and built again once it was collected', async () => {
    const old = await current();
    write('two');
    await up();
    await must('nix-store', ['--delete', old]);
    expect(existsSync(old)).toBe(false);
    write('one');
    expect(evaluations(await up())).toHaveLength(1);
    expect(await said()).toBe('one');
  });

  test('is another one where something else is mounted', async () => {
    story.manifest({
      app: 'flake-ref = "./app"\nhealth = false\nkeep = 1\nvolumes = { data = "/var/lib/data" }',
    });
    expect(evaluations(await up())).toHaveLength(1);
  });
});
