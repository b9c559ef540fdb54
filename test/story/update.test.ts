import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { freePorts, must, Story } from './rig.js';

describe('update', () => {
  const story = new Story('update');
  const repository = join(story.folder, 'repository');
  let server: Server;
  let ref = '';
  const git = (...args: string[]) =>
    must('git', ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args]);
  const publish = async (page: string) => {
    story.page('repository', page);
    await git('add', '-A');
    await git('commit', '--quiet', '--message', page);
    await git('update-server-info');
    return git('rev-parse', 'HEAD');
  };

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    story.flake('repository');
    await must('git', ['init', '--quiet', '--initial-branch', 'main', repository]);
    // git's "dumb" protocol is a folder of files.
    server = createServer((request, reply) => {
      const path = join(
        repository,
        '.git',
        new URL(request.url ?? '', 'http://x').pathname.replace('/app.git', ''),
      );
      const found = existsSync(path) && !path.endsWith('/');
      reply.writeHead(found ? 200 : 404).end(found ? readFileSync(path) : '');
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    ref = `git+http://127.0.0.1:${port}/app.git?ref=main`;
  });
  afterAll(async () => {
    server.close();
    await story.cleanUp();
  });

  test('moves the selected entries, says from where to where, and applies nothing', async () => {
    const first = await publish('one');
    const missing = ref.replace('app.git', 'none.git');
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
