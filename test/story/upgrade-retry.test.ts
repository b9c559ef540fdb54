import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DATA, ledger, servingLedger, stateOf } from './ledger.js';
import { freePorts, get } from './rig.js';

describe('an upgrade that goes wrong', () => {
  const { story, manifest, rows, write, versions, setUp } = servingLedger('retry');

  beforeAll(setUp);
  afterAll(() => story.cleanUp());

  test('its journal is in the summary and in the record', async () => {
    ledger(story, 'v2', 'echo cannot go on >&2; exit 7');
    const up = await story.pets(['up']);
    expect(up).toMatchObject({ code: 3, stderr: expect.stringContaining('cannot go on') });
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
