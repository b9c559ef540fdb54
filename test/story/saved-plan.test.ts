import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { answerOf, freePorts, get, must, recorder, Story } from './rig.js';
import { onTerminal } from './terminal.js';

const SECRET = 'correct horse';

describe('a plan as a file', () => {
  const story = new Story('plan');
  const [web, blog] = [story.name('web'), story.name('blog')];
  let ports: readonly number[] = [];
  type Change = { port?: number; more?: string; nixpkgs?: string };

  const manifest = ({ port = ports[0] ?? 0, more = '' }: Change = {}) => {
    story.manifest({
      web: `flake-ref = "./web"\nport = ${port}\nsecrets = { db = { file = "./db" }, own = { generate = true } }`,
      blog: `flake-ref = "./blog"\nport = ${ports[3] ?? 0}`,
      ...(more === '' ? {} : { [more]: 'flake-ref = "./blog"' }),
    });
  };
  const plan = async () => (await story.ok(['diff', '--out', 'plan.json'])).stdout;
  const upByPlan = () => story.pets(['up', '--plan', 'plan.json']);
  const machine = async () => ({ instances: await story.instances(), boots: await story.bootIds() });

  beforeAll(async () => {
    ports = await freePorts(5);
    for (const app of ['web', 'blog']) {
      story.flake(app);
      story.page(app, `the first ${app}`);
    }
    story.write('db', SECRET);
    manifest();
  });
  afterAll(() => story.cleanUp());

  test('what is not there yet: saved, shown, and made just so', async () => {
    const diff = await plan();
    expect(diff).toContain('2 to create');
    expect(statSync(join(story.folder, 'plan.json')).mode & 0o777).toBe(0o600);
    const text = story.read('plan.json');
    expect(text).not.toContain(SECRET);
    await plan();
    expect(story.read('plan.json')).toBe(text);
    expect((await story.ok(['diff', '--out', '-'])).stdout).toBe(text);

    const shown = await story.ok(['show', 'plan.json']);
    expect(shown.stdout).toBe(diff);
    const json = JSON.parse((await story.ok(['show', '--json', 'plan.json'])).stdout) as object;
    expect(json).toEqual(JSON.parse((await story.ok(['diff', '--json'])).stdout));

    const look = await story.ok(['up', '--plan', 'plan.json', '--dry-run']);
    expect(look.stdout).toContain('2 to create');
    expect(await story.instances()).toEqual([]);
    const up = await story.ok(['up', '--plan', 'plan.json']);
    expect(up.stderr).toContain('2 created');
    expect((await answerOf(ports[0] ?? 0)).body).toBe('the first web');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('once more it is refused: it is done', async () => {
    const before = await machine();
    const { socket, requests, close } = await recorder();
    const again = await story.pets(['up', '--plan', 'plan.json'], { INCUS_SOCKET: socket });
    await close();
    expect(again).toMatchObject({ code: 5, stdout: '' });
    expect(again.stderr).toContain('nothing was touched');
    expect(again.stderr).toContain(`${web}: instance: none → ${web} (changed on the machine)`);
    expect(requests.filter((r) => !r.startsWith('GET '))).toEqual([]);
    expect(await machine()).toEqual(before);
  });

  /** Somebody moves something between `diff` and `up`; and moves it back, so that the next plan is the same. */
  const secretOf = (text: string) => () => {
    story.write('db', text);
  };
  const stopped = async () => must('incus', ['stop', '--force', web]);
  test.each<[string, () => unknown, () => string]>([
    [
      'a port is edited',
      () => {
        manifest({ port: ports[2] ?? 0 });
      },
      () => `exposure.listen: 127.0.0.1:${ports[1] ?? 0} → 127.0.0.1:${ports[2] ?? 0}`,
    ],
    [
      'a source is edited',
      () => {
        story.page('web', 'the second web');
      },
      () => 'system.source: ',
    ],
    [
      'the secret is another',
      secretOf('battery staple'),
      () => 'secrets.secret.db: changed (changed in its source)',
    ],
    ['it was stopped by hand', stopped, () => 'power.state: running → stopped (changed on the machine)'],
    [
      'its device was removed by hand',
      () => must('incus', ['config', 'device', 'remove', web, 'web']),
      () => 'exposure.listen: 127.0.0.1',
    ],
    [
      'a limit was set by hand',
      () => must('incus', ['config', 'set', web, 'limits.memory=1GiB']),
      () => 'limits.memory: none → 1GiB',
    ],
    [
      'it was deleted by hand',
      () => must('incus', ['delete', '--force', web]),
      () => `instance: ${web} → none`,
    ],
  ])('refused: %s', async (_, move, words) => {
    manifest();
    story.page('web', 'the first web');
    story.write('db', SECRET);
    await story.ok(['up']);
    manifest({ port: ports[1] ?? 0 });
    await plan();
    await move();
    const before = await story.instances();
    const up = await upByPlan();
    expect(up).toMatchObject({ code: 5 });
    expect(up.stderr).toContain(`${web}: ${words()}`);
    expect(up.stderr).not.toContain(`${blog}:`);
    expect(up.stderr).not.toMatch(/v1:|battery/);
    expect(await story.instances()).toEqual(before);
  });

  test('what the plan does not touch may move: it does its own, and nothing more', async () => {
    manifest();
    story.page('web', 'the first web');
    story.write('db', SECRET);
    await story.ok(['up']);
    manifest({ port: ports[1] ?? 0 });
    await plan();
    manifest({ port: ports[1] ?? 0, more: 'new' });
    story.page('blog', 'the second blog');
    const { boots } = await machine();
    const up = await story.ok(['up', '--plan', 'plan.json']);
    expect(up.stderr).not.toContain(blog);
    expect((await answerOf(ports[1] ?? 0)).body).toBe('the first web');
    expect(await get(ports[0] ?? 0)).toBeNull();
    expect((await answerOf(ports[3] ?? 0)).body).toBe('the first blog');
    expect(await story.bootIds()).toEqual(boots);
    expect(Object.keys(boots)).not.toContain(story.name('new'));
  });

  test('another entry in the lock is one too; a file that was edited is no plan', async () => {
    const url = 'git+http://127.0.0.1:1/x.git';
    const lock = (rev: string) => {
      const locked = { locked: `${url}?rev=${rev.repeat(40)}`, narHash: `sha256-${rev.repeat(43)}=` };
      story.write('pets.lock', JSON.stringify({ version: 1, refs: { [url]: locked } }));
    };
    story.manifest({ far: `flake-ref = "${url}"` });
    lock('1');
    await plan();
    lock('2');
    const up = await upByPlan();
    expect(up).toMatchObject({ code: 5 });
    expect(up.stderr).toMatch(/far: system.source: .* \(changed in the lock\)/);

    await plan();
    story.write('plan.json', story.read('plan.json').replace('"prune": false', '"prune": true'));
    const edited = await upByPlan();
    expect(edited).toMatchObject({ code: 5 });
    expect(edited.stderr).toContain('plan.json was changed since it was saved');
  });

  test('another selection is wrong usage; a plan of another project is none of ours', async () => {
    manifest({ port: ports[0] ?? 0 });
    await story.ok(['diff', web, '--prune', '--out', 'plan.json']);
    const other = await story.pets(['up', '--plan', 'plan.json', '--strict', blog], { PETS_PRUNE: '1' });
    expect(other).toMatchObject({ code: 64 });
    expect(other.stderr).toContain(`does not go with ${blog} --strict`);
    story.write('other/pets.toml', 'project = "other"\n');
    const foreign = await story.pets(['up', '--plan', 'plan.json', '-f', 'other']);
    expect(foreign).toMatchObject({ code: 5 });
    expect(foreign.stderr).toContain(
      `is a plan of \`${story.project}\`, and the manifest is that of \`other\``,
    );
  });

  test('what it would destroy is asked for on a terminal, and a no is one to all of it', async () => {
    manifest();
    await story.ok(['up']);
    story.manifest({ new: 'flake-ref = "./blog"' });
    await story.ok(['diff', '--prune', '--out', 'plan.json']);
    const before = await story.instances();
    const size = { columns: 120, rows: 40 };
    const question = /Destroy \S+, Destroy \S+\? What is on their root disks is lost/;
    const no = await onTerminal(story, 'up --plan plan.json', size, { to: question, keys: 'n\n' });
    expect(no).toContain('nothing was touched');
    expect(no).toContain('exit 1');
    expect(await story.instances()).toEqual(before);
    const yes = await onTerminal(story, 'up --plan plan.json', size, { to: question, keys: 'y\n' });
    expect(yes).toContain('exit 0');
    expect((await story.instances()).map(({ name }) => name)).toEqual([story.name('new')]);
  });
});
