import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { GitServer } from './git-server.js';
import { Story } from './rig.js';

describe('update', () => {
  const story = new Story('update');
  const server = new GitServer(join(story.folder, 'repository'));
  const publish = (page: string) => {
    story.page('repository', page);
    return server.commit(page);
  };

  beforeAll(async () => {
    story.flake('repository');
    server.gone.add('none');
    await server.start();
  });
  afterAll(async () => {
    server.close();
    await story.cleanUp();
  });

  test('moves the selected entries, says from where to where, and applies nothing', async () => {
    const first = await publish('one');
    const [ref, missing] = [server.ref('app'), server.ref('none')];
    story.manifest({
      web: `flake-ref = "${ref}"`,
      same: `flake-ref = "${ref}"`,
      lost: `flake-ref = "${missing}"`,
    });
    await story.ok(['update', story.name('web')]);
    const second = await publish('two');
    const { stdout } = await story.ok(['update', story.name('web')]);
    expect(stdout).toMatch(
      new RegExp(`${first.slice(0, 7)} +${second.slice(0, 7)} +${story.name('same')}, ${story.name('web')}`),
    );
    expect(story.read('pets.lock')).toContain(second);
    expect((await story.ok(['update', story.name('web')])).stdout).toContain('unchanged');
    const before = story.read('pets.lock');
    const all = await story.pets(['update', '--json']);
    expect(all).toMatchObject({ code: 1 });
    expect(all.stderr).toContain('none.git');
    expect(JSON.parse(all.stdout)).toMatchObject({
      refs: [
        { url: ref, changed: false, from: { rev: second }, problem: null },
        { url: missing, changed: false, to: null, problem: expect.stringContaining('cannot fetch') },
      ],
    });
    expect(story.read('pets.lock')).toBe(before);
    expect(await story.instances()).toEqual([]);
  });
});
