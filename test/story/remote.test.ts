import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { answerOf, freePorts, must, Story } from './rig.js';

describe('a remote flake', () => {
  const story = new Story('remote');
  const repository = join(story.folder, 'repository');
  let server: Server;
  let port = 0;
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
  const lock = () =>
    JSON.parse(story.read('pets.lock')) as { refs: Record<string, { locked: string; rev?: string }> };
  const serve = (at: number) =>
    new Promise<Server>((resolve) => {
      // git's "dumb" protocol is a folder of files.
      const files = createServer((request, reply) => {
        const path = join(
          repository,
          '.git',
          new URL(request.url ?? '', 'http://x').pathname.replace(/^\/app\.git/, ''),
        );
        const found = existsSync(path) && !path.endsWith('/');
        reply.writeHead(found ? 200 : 404).end(found ? readFileSync(path) : '');
      });
      files.listen(at, '127.0.0.1', () => {
        resolve(files);
      });
    });

  beforeAll(async () => {
    const [http = 0, app = 0] = await freePorts(2);
    port = app;
    story.flake('repository');
    await must('git', ['init', '--quiet', '--initial-branch', 'main', repository]);
    server = await serve(http);
    ref = `git+http://127.0.0.1:${http}/app.git?ref=main`;
    story.manifest({ web: `flake-ref = "${ref}"\nport = ${port}` });
  });
  afterAll(async () => {
    server.close();
    await story.cleanUp();
  });

  test('diff before it is locked says so and writes nothing', async () => {
    await publish('one');
    const diff = await story.pets(['diff']);
    expect(diff).toMatchObject({ code: 0 });
    expect(existsSync(join(story.folder, 'pets.lock'))).toBe(false);
  });

  test('up pins the ref in pets.lock and serves that revision', async () => {
    await story.ok(['up']);
    const rev = await git('rev-parse', 'HEAD');
    expect(lock().refs[ref]).toMatchObject({ rev, locked: expect.stringContaining(rev) });
    expect(Object.keys(lock().refs)).toEqual([ref]);
    expect((await answerOf(port)).body).toBe('one');
    const ps = JSON.parse((await story.pets(['ps', '--json'])).stdout) as { apps: { revision: string }[] };
    expect(ps.apps[0]?.revision).toBe(rev.slice(0, 7));
  });

  test('a new commit changes nothing until the lock moves; with the server gone all is unchanged', async () => {
    const before = story.read('pets.lock');
    await publish('two');
    server.close();
    server.closeAllConnections();
    const up = await story.pets(['up']);
    expect(up.stderr).toContain('1 unchanged');
    expect(story.read('pets.lock')).toBe(before);
  });

  test('a ref that cannot be fetched fails its app only; what is gone from the lock is locked anew', async () => {
    const [http = 0] = await freePorts(1);
    server = await serve(http);
    const moved = `git+http://127.0.0.1:${http}/app.git?ref=main`;
    story.manifest({
      web: `flake-ref = "${moved}"\nport = ${port}`,
      gone: `flake-ref = "git+http://127.0.0.1:${http}/nothing.git?ref=main"`,
    });
    const up = await story.pets(['up', '--progress', 'plain']);
    expect(up.code).toBe(1);
    expect(up.stderr).toContain(`cannot fetch git+http://127.0.0.1:${http}/nothing.git`);
    expect(up.stderr).toMatch(/web +rebuilt/);
    expect((await answerOf(port)).body).toBe('two');
    expect(lock().refs[moved]?.rev).toBe(await git('rev-parse', 'HEAD'));
  });

  test('a lock file that is broken or newer is a clear problem', async () => {
    story.write('pets.lock', '{ nonsense');
    expect(await story.pets(['diff'])).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('pets.lock:1:'),
    });
    story.write('pets.lock', '{"version":99,"refs":{}}');
    expect(await story.pets(['diff'])).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('version'),
    });
  });
});
