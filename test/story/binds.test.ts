import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerOf, freePorts, Story } from './rig.js';

describe('binds', () => {
  const story = new Story('bind');
  let port = 0;
  const web = (binds: string) => {
    story.manifest({ web: `flake-ref = "./web"\nport = ${port}\nbinds = [${binds}]` });
  };

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    story.flake('web');
    story.page('web', 'a page');
    story.write('site/hello.txt', 'from the host');
  });
  afterAll(() => story.cleanUp());

  test('a source that is not there stops the run before anything is touched', async () => {
    web('"./sight:/srv/site"');
    const up = await story.pets(['up']);
    expect(up).toMatchObject({ code: 65 });
    expect(up.stderr).toMatch(/pets\.toml:\d+:\d+: .*sight/);
    expect(up.stderr).toContain(':create');
    expect(await story.instances()).toEqual([]);
  });

  test('`:ro` cannot be written from inside; without it both sides see each other', async () => {
    web('"./site:/srv/site:ro", "./made/deep:/srv/made:create"');
    await story.ok(['up']);
    expect(await story.inside('web', 'cat', '/srv/site/hello.txt')).toBe('from the host');
    await expect(story.inside('web', 'touch', '/srv/site/x')).rejects.toThrow('Read-only');
    await story.inside('web', 'sh', '-c', 'echo inside > /srv/made/note');
    expect(readFileSync(join(story.folder, 'made/deep/note'), 'utf8')).toBe('inside\n');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('what left the manifest is detached; the host keeps its files', async () => {
    web('"./site:/srv/site"');
    await story.ok(['up']);
    await story.inside('web', 'touch', '/srv/site/x');
    expect(existsSync(join(story.folder, 'site/x'))).toBe(true);
    await expect(story.inside('web', 'ls', '/srv/made/note')).rejects.toThrow('No such file');
    expect(existsSync(join(story.folder, 'made/deep/note'))).toBe(true);
    expect((await answerOf(port)).body).toBe('a page');
  });
});
