import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DeployStory, removeProfile } from './deploy-story.js';
import { FaultyDaemon } from './faults.js';
import { answerOf, freePorts, PROFILES, standIn } from './rig.js';
import { sampleOf } from '../sample.js';

describe('adopt that is struck at a write', () => {
  const story = new DeployStory('struck');
  const daemon = new FaultyDaemon();
  const cases = (['kill-before', 'kill-after', 'drop-after'] as const).flatMap((fault) =>
    [1, 2].map((nth) => ({ fault, nth, app: `${fault}-${nth}` })),
  );

  beforeAll(async () => {
    await daemon.listen();
    story.flake('web');
  });
  afterAll(async () => {
    await daemon.close();
    await story.cleanUp();
    for (const { app } of cases) removeProfile(story.name(app));
  });

  test.each(sampleOf(cases, 2))(
    '$fault, write $nth: the next one finishes it',
    async ({ fault, nth, app }) => {
      const [port = 0] = await freePorts(1);
      const name = story.name(app);
      await story.ok(['deploy', './web', name, '--port', String(port), '--nixpkgs', standIn()]);
      const [boot] = Object.values(await story.bootIds());
      story.manifest({});
      const before = story.read('pets.toml');
      const { child, ended } = story.start(['adopt', name, '--write'], { INCUS_SOCKET: daemon.socket });
      const kill = () => void child.kill('SIGKILL');
      daemon.expect({ name: `PATCH /1.0/instances/${name}`, nth, fault, kill });
      const { code } = await ended;
      expect(daemon.struck).toBe(true);
      expect(code).toBe(fault === 'drop-after' ? 0 : null);
      await story.ok(['adopt', name, '--write']);
      const table = (await story.ok(['adopt', name])).stdout;
      expect(story.read('pets.toml')).toBe(`${before}\n${table}`);
      expect((await story.ok(['diff'])).stdout).toContain('No changes');
      expect(existsSync(join(PROFILES, '_deployed', name))).toBe(false);
      expect(Object.values(await story.bootIds())).toEqual([boot]);
      expect(await answerOf(port)).toMatchObject({ status: 200 });
      await story.ok(['rm', name, '--yes']);
    },
  );
});
