import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerOf, freePorts, must, seen, Story } from './rig.js';

type Told = { kind: string; app: string | null; message: string };

describe('apps that are looked at', () => {
  const story = new Story('watch');
  const [web, other] = [story.name('web'), story.name('other')];
  let port = 0;
  const HEALTH = 'health = { path = "/", timeout = "8s" }';
  const manifest = (health = HEALTH) => {
    story.manifest({ web: `flake-ref = "./web"\nport = ${port}\n${health}`, other: 'flake-ref = "./web"' });
    story.write('pets.toml', `${story.read('pets.toml')}\n[notify]\ncommand = ["sh", "-c", "cat >> told"]\n`);
  };
  const look = () => story.ok(['alerts', '--check']);
  /** What was told since this was asked last. */
  const told = (): Told[] => {
    const file = join(story.folder, 'told');
    const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
    writeFileSync(file, '');
    return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Told);
  };
  const inWeb = (...command: string[]) => must('incus', ['exec', web, '--', ...command], story.env());

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    story.flake('web');
    story.page('web', 'one');
    manifest();
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());

  test('and are well: nothing is told, and nothing was changed', async () => {
    expect(await look()).toMatchObject({ stdout: 'No alerts are open.\n', stderr: '' });
    expect(told()).toEqual([]);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('one that does not answer any more is told once, and that it does again', async () => {
    await inWeb('systemctl', 'stop', 'hello-web');
    expect((await look()).stdout).toMatch(new RegExp(`^APP .*\n${web} +unhealthy .*not healthy`));
    await look();
    expect(told()).toMatchObject([
      { kind: 'unhealthy', app: web, message: expect.stringContaining('not healthy') },
    ]);
    expect((await story.ok(['ps'])).stdout).toContain('alert: unhealthy');
    await inWeb('systemctl', 'start', 'hello-web');
    expect((await answerOf(port)).body).toBe('one');
    expect((await look()).stdout).toBe('No alerts are open.\n');
    expect(told()).toMatchObject([{ kind: 'mended', app: web }]);
  });

  test('one that does not run, and one that somebody has changed; `up` mends both', async () => {
    await must('incus', ['stop', '--force', other], story.env());
    await must('incus', ['config', 'set', web, 'limits.memory=300MiB'], story.env());
    await look();
    expect(told()).toMatchObject([
      { kind: 'unhealthy', app: other, message: 'it is stopped' },
      {
        kind: 'drift',
        app: web,
        message: expect.stringContaining('limits.memory: not as it was last applied'),
      },
    ]);
    await story.ok(['up']);
    expect((await look()).stdout).toBe('No alerts are open.\n');
    const mended = told();
    expect(mended.map(({ kind, app }) => `${kind} ${app}`).sort()).toEqual([
      `mended ${other}`,
      `mended ${web}`,
    ]);
  });

  test('what the manifest asks for since, and nobody has applied yet, is no change by hand', async () => {
    story.page('web', 'two');
    expect((await look()).stdout).toBe('No alerts are open.\n');
    await story.ok(['up']);
    expect(told()).toEqual([]);
  });

  test('of an app that is neither wanted nor there any more nothing is wrong', async () => {
    await must('incus', ['stop', '--force', other], story.env());
    await look();
    expect(told()).toMatchObject([{ kind: 'unhealthy', app: other }]);
    await must('incus', ['delete', '--force', other], story.env());
    story.write('pets.toml', story.read('pets.toml').replace(/\[apps\.[^\]]*other\]\n[^\n]*\n/, ''));
    expect((await look()).stdout).toBe('No alerts are open.\n');
    expect(told()).toMatchObject([{ kind: 'mended', app: other }]);
  });

  test('a daemon that does not answer says nothing of an app, but is told', async () => {
    const env = { INCUS_SOCKET: join(story.folder, 'none') };
    for (const verb of [
      ['alerts', '--check'],
      ['update', '--due'],
    ])
      expect(await story.pets(verb, env)).toMatchObject({ code: 69, stdout: '' });
    expect(told()).toMatchObject([
      {
        kind: 'cannot-run',
        app: null,
        message: expect.stringMatching(/^`pets alerts --check`: no Incus daemon answers/),
      },
    ]);
    expect((await story.ok(['alerts'])).stdout).toMatch(/^APP .*\n- +cannot run +/);
    expect((await story.ok(['ps'])).stdout).not.toContain('alert:');
    expect((await look()).stdout).toBe('No alerts are open.\n');
    expect(told()).toMatchObject([{ kind: 'mended', app: null }]);
  });

  test.each([
    ['pets.toml', (text: string) => `${text}\n[apps.more]\nflake-reff = "./web"\n`],
    ['pets.lock', () => '{ "version": 99 }'],
  ])('%s that cannot be read is told to whom it still names', async (file, broken) => {
    const whole = existsSync(join(story.folder, file)) ? story.read(file) : '';
    story.write(file, broken(whole));
    for (let n = 0; n < 2; n++) expect(await story.pets(['update', '--due'])).toMatchObject({ code: 65 });
    expect(told()).toMatchObject([{ kind: 'cannot-run', app: null, message: expect.stringContaining(file) }]);
    if (whole === '') rmSync(join(story.folder, file));
    else story.write(file, whole);
    await story.ok(['update', '--due']);
    expect(told()).toMatchObject([{ kind: 'mended', app: null }]);
  });

  test('beside a run nothing is told', async () => {
    manifest('health = { path = "/nowhere", timeout = "20s" }');
    const run = story.start(['up']);
    await seen(run.child, 'checking');
    const beside = await look();
    expect(beside.stderr).toContain('a run is under way');
    expect(told()).toEqual([]);
    run.child.kill('SIGTERM');
    await run.ended;
  });
});
