import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { must, Story } from './rig.js';
import { UNIT } from './sleeper.js';

describe('after', () => {
  const story = new Story('after', { isWatched: true });
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
