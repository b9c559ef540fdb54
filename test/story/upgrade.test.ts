import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ledger, servingLedger, stateOf } from './ledger.js';

describe('an upgrade that goes wrong', () => {
  const { story, rows, versions, setUp } = servingLedger('upg');

  beforeAll(setUp);
  afterAll(() => story.cleanUp());

  test.each([
    [
      'a migration that destroys the data, and then is not healthy',
      'rm index.html',
      '',
      /GET \/ answers 404/,
    ],
    ['a service that fails', 'echo ruined > index.html; exit 3', '', /ledger\.service/],
    [
      'a service that is restarted again and again',
      'echo ruined > index.html; exit 3',
      'serviceConfig.Restart = "always"; serviceConfig.RestartSec = 1; unitConfig.StartLimitIntervalSec = 0;',
      /ledger\.service/,
    ],
    ['a guest that dies', 'echo ruined > index.html; kill -RTMIN+14 1; sleep 30', '', /died|ledger\.service/],
  ])('%s: the old version serves the old rows', async (_, migration, more, why) => {
    const before = await stateOf(story);
    const seen = await versions();
    ledger(story, 'v2', migration, more);
    const up = await story.pets(['up']);
    expect(up.stderr).toMatch(why);
    expect(up.stderr).toContain('generation 1 serves');
    expect(up.code).toBe(3);
    expect(await rows()).toBe('row 1\nrow 2');
    // The old version has started once more.
    expect(await versions()).toEqual([...seen, 'v1']);
    expect(await stateOf(story)).toEqual(before);
    expect((await story.instances()).map((i) => i.status)).toEqual(['Running']);
    const again = await story.pets(['up']);
    expect(again).toMatchObject({ code: 3 });
    expect(again.stderr).toContain(`pets up --retry ${story.name('app')}`);
    expect(await stateOf(story)).toEqual(before);
    expect((await story.ok(['diff'])).stdout).toMatch(/held: tried before: /);
  });
});
