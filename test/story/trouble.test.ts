import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import { freePorts, recorder, Story } from './rig.js';

let story: Story;
beforeEach(() => {
  story = new Story('trouble');
});
afterEach(() => story.cleanUp());

describe('before anything is touched', () => {
  test('a bad manifest: every problem at its place, exit 65, not one request', async () => {
    story.write(
      'pets.toml',
      'project = "x"\n[apps.web]\nflake-ref = "./web"\nprot = 7700\n[apps.-b]\nflake-ref = "./web"\nport = 99999\n',
    );
    const { socket, requests, close } = await recorder();
    const up = await story.pets(['up'], { INCUS_SOCKET: socket });
    await close();
    expect(up.code).toBe(65);
    expect(up.stderr).toMatch(/^pets\.toml:4:1: .*prot/m);
    expect(up.stderr).toMatch(/did you mean `port`/);
    expect(up.stderr).toMatch(/^pets\.toml:5:7: /m);
    expect(up.stderr).toMatch(/^pets\.toml:7:8: .*99999/m);
    expect(up.stderr).not.toMatch(/\bat .*\(.*:\d+:\d+\)/);
    expect(requests).toEqual([]);
  });

  test('a flake folder that is not there, at its key', async () => {
    story.manifest({ web: 'flake-ref = "./nowhere"' });
    const up = await story.pets(['up']);
    expect(up.code).toBe(65);
    expect(up.stderr).toMatch(/^pets\.toml:7:13: .*nowhere/m);
    expect(await story.instances()).toEqual([]);
  });

  test('a port that another process holds: named, and nothing was made', async () => {
    const [free = 0] = await freePorts(1);
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(free, '127.0.0.1', resolve));
    story.flake('web');
    story.manifest({ web: `flake-ref = "./web"\nport = ${free}`, other: 'flake-ref = "./web"' });
    const up = await story.pets(['up']);
    await new Promise((resolve) => holder.close(resolve));
    expect(up.code).toBe(65);
    expect(up.stderr).toContain(`127.0.0.1:${free} is taken: process ${process.pid}`);
    expect(await story.instances()).toEqual([]);
    expect(await story.generations('web')).toEqual([]);
  });

  test('no daemon: said so, exit 69', async () => {
    story.flake('web');
    story.manifest({ web: 'flake-ref = "./web"' });
    const up = await story.pets(['up'], { INCUS_SOCKET: '/nonexistent/incus.socket' });
    expect(up.code).toBe(69);
    expect(up.stderr).toContain('no Incus daemon answers on /nonexistent/incus.socket');
  });

  test('wrong usage: exit 64, and with --progress json every line parses', async () => {
    expect((await story.pets(['upp'])).code).toBe(64);
    expect((await story.pets(['up', '--jobs', 'many'])).code).toBe(64);
    const json = await story.pets(['up', '--bogus', '--progress', 'json']);
    expect(json.code).toBe(64);
    for (const line of json.stderr.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ type: 'problem' });
  });
});

describe('while it runs', () => {
  test('selected apps only: by name, pattern and tag; selecting never prunes; a typo is exit 64', async () => {
    for (const app of ['one', 'two']) story.plainFlake(app, '');
    story.manifest({ one: 'flake-ref = "./one"\ntags = ["first"]', two: 'flake-ref = "./two"' });
    const typo = await story.pets(['up', '@frist']);
    expect(typo.code).toBe(64);
    expect(typo.stderr).toContain('did you mean `@first`?');
    await story.ok(['up', '@first']);
    expect((await story.instances()).map((i) => i.name)).toEqual([story.name('one')]);
    story.manifest({ two: 'flake-ref = "./two"' });
    await story.ok(['up', '--prune', '*-two']);
    expect((await story.instances()).map((i) => i.name)).toEqual([story.name('one'), story.name('two')]);
  });

  test('two runs of one project: the second is told who holds it, exit 75', async () => {
    story.flake('app');
    story.manifest({ app: 'flake-ref = "./app"' });
    const { child, ended } = story.start(['up', '--progress', 'plain']);
    await new Promise<void>((resolve) =>
      child.stderr?.once('data', () => {
        resolve();
      }),
    );
    const second = await story.pets(['up']);
    expect(second.code).toBe(75);
    expect(second.stderr).toContain(`process ${String(child.pid)}`);
    await story.ok(['diff']);
    expect(await ended).toMatchObject({ code: 0 });
  });
});
