import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { DeployStory, removeProfile } from './deploy-story.js';
import { GitServer } from './git-server.js';
import { answerOf, freePorts, get, must, standIn, Story, watchedNix } from './rig.js';

type Rows = { apps: { name: string; currency: string | null; hold: { because: string } | null }[] };

describe('an app that is held', () => {
  const story = new Story('hold');
  const web = story.name('web');
  const rest = (port: number, more = '') => {
    story.manifest({ web: `flake-ref = "./web"\nport = ${port}\n${more}`, other: 'flake-ref = "./web"' });
  };
  const label = async () =>
    (await story.instances()).find(({ name }) => name === web)?.config['user.pets.hold'];
  let [first, second] = [0, 0];

  beforeAll(async () => {
    [first = 0, second = 0] = await freePorts(2);
    story.flake('web');
    story.page('web', 'one');
    rest(first);
  });
  afterAll(() => story.cleanUp());

  test('cannot be one that is not there yet', async () => {
    const early = await story.pets(['hold', web]);
    expect(early).toMatchObject({ code: 1, stdout: '' });
    expect(early.stderr).toContain(`there is no container for \`${web}\` yet`);
    expect(await story.ok(['unhold', web])).toMatchObject({ stdout: `${web} is not held\n` });
    await story.ok(['up', web]);
    expect((await answerOf(first)).body).toBe('one');
  });

  test('says until when and why; a dry run writes nothing, and a date that is past is refused', async () => {
    const terms = ['--until', '2999-12-24', '--because', 'before the holidays'];
    const words = 'held until 2999-12-24: "before the holidays"';
    const dry = await story.ok(['hold', web, ...terms, '--dry-run']);
    expect(dry.stdout).toBe(`${web} would be ${words}\n`);
    expect(await label()).toBeUndefined();
    expect(await story.pets(['hold', web, '--until', '2001-01-01'])).toMatchObject({ code: 64 });
    expect(await story.pets(['hold', web, '--because', 'a\nb'])).toMatchObject({ code: 64 });
    expect((await story.ok(['hold', web])).stdout).toBe(`${web} is held\n`);
    expect((await story.ok(['hold', web, ...terms])).stdout).toBe(`${web} is ${words}\n`);
  });

  test('keeps its system, and gets its port', async () => {
    story.page('web', 'two');
    const why = `held by hand until 2999-12-24: "before the holidays" — \`pets unhold ${web}\``;
    const diff = await story.ok(['diff', '--exit-code', web]);
    expect(diff.stdout).toMatch(new RegExp(`${web} +rebuild +${why}\n +system.source .*\\(held\\)`));
    rest(second);
    expect(await story.pets(['diff', '--exit-code', web])).toMatchObject({ code: 2 });
    const { env, calls } = watchedNix(story);
    const up = await story.ok(['up', '--retry', web], env);
    expect(up.stderr).toContain('proxy updated');
    expect(calls().filter((call) => /nix (eval|build)|nix-store --realise/.test(call))).toEqual([]);
    expect([(await answerOf(second)).body, await get(first)]).toEqual(['one', null]);
    const again = await story.ok(['up', web]);
    expect(again.stderr).toContain(`left alone (${why})`);
    expect(await story.generations('web')).toHaveLength(1);
  });

  test('is shown by `ps` and `history`', async () => {
    expect((await story.ok(['ps'])).stdout).toMatch(/outdated, held until 2999-12-24/);
    const { apps } = JSON.parse((await story.ok(['ps', '--json'])).stdout) as Rows;
    expect(apps.find(({ name }) => name === web)).toMatchObject({
      currency: 'outdated',
      hold: { until: expect.stringMatching(/^2999-12-24T00:00/), because: 'before the holidays' },
    });
    expect((await story.ok(['history', web])).stdout).toMatch(
      new RegExp(
        `Held by hand since .* until 2999-12-24: "before the holidays"; \`pets unhold ${web}\` ends it`,
      ),
    );
    const offered = await story.ok(['__complete', '--', 'unhold', '']);
    expect(offered.stdout).toMatch(new RegExp(`^${web}\t[^\n]*\n$`));
  });

  test('is stopped, started and restarted as ever, and brought up again as it is', async () => {
    for (const verb of ['stop', 'start', 'restart', 'stop', 'up']) await story.ok([verb, web]);
    expect((await answerOf(second)).body).toBe('one');
    expect(await label()).toContain('before the holidays');
  });

  test('keeps its hold and its system under another name', async () => {
    story.manifest({ fresh: `flake-ref = "./web"\nport = ${second}\nwas = "${web}"` });
    const fresh = story.name('fresh');
    await story.ok(['up', fresh]);
    expect((await answerOf(second)).body).toBe('one');
    expect((await story.ok(['ps', fresh])).stdout).toContain('held until 2999-12-24');
    story.manifest({ web: `flake-ref = "./web"\nport = ${second}\nwas = "${fresh}"` });
    await story.ok(['up', web]);
    rest(second);
  });

  test('goes on when its date is past, and the next write takes the label away', async () => {
    const past = { at: '2001-01-01T00:00:00.000Z', until: '2001-02-01T00:00+00:00', because: null };
    await must('incus', ['config', 'set', web, `user.pets.hold=${JSON.stringify(past)}`], story.env());
    expect((await story.ok(['ps'])).stdout).not.toContain('held');
    await story.ok(['up', web]);
    expect((await answerOf(second)).body).toBe('two');
    expect(await label()).toBeUndefined();
  });

  test('is held by a record that cannot be read, and goes on after `unhold`', async () => {
    await must('incus', ['config', 'set', web, 'user.pets.hold={"until":"\u001b[2Jsoon"}'], story.env());
    story.page('web', 'three');
    const diff = await story.ok(['diff', web]);
    expect(diff.stdout).toContain('held by hand (its record cannot be read');
    expect((await story.ok(['history', web])).stdout).toContain('`user.pets.hold`');
    expect((await story.ok(['unhold', web])).stdout).toContain(`${web} is held no more`);
    await story.ok(['up', web]);
    expect((await answerOf(second)).body).toBe('three');
  });

  test('is held no more once it was removed', async () => {
    await story.ok(['hold', web]);
    await story.ok(['rm', web, '--yes']);
    await story.ok(['up', web]);
    expect(await label()).toBeUndefined();
  });
});

describe('the pins of an app that is held', () => {
  const story = new Story('holdpins');
  const [web, other] = [story.name('web'), story.name('other')];
  const server = new GitServer(join(story.folder, 'repository'));
  const publish = (page: string) => {
    story.page('repository', page);
    return server.commit(page);
  };

  beforeAll(async () => {
    story.flake('repository');
    await server.start();
  });
  afterAll(async () => {
    server.close();
    await story.cleanUp();
  });

  test('stay, those of others move; by its name it is refused', async () => {
    const first = await publish('one');
    const refOf = (app: string) => `flake-ref = "${server.ref(app)}"`;
    story.manifest({ web: refOf('web'), other: refOf('other') });
    await story.ok(['update']);
    await story.ok(['up', web]);
    await story.ok(['hold', web, '--because', 'a freeze']);
    const second = await publish('two');

    const byName = await story.pets(['update', web]);
    expect(byName).toMatchObject({ code: 1, stdout: '' });
    expect(byName.stderr).toContain(`\`${web}\` is held by hand: "a freeze"`);
    expect(byName.stderr).toContain(`pets unhold ${web}`);
    expect(story.read('pets.lock')).not.toContain(second);

    const all = await story.ok(['update', '--json']);
    expect(JSON.parse(all.stdout)).toMatchObject({ held: [web], refs: [{ apps: [other], changed: true }] });
    expect(all.stderr).toContain(`${web} is left out: held by hand: "a freeze"`);
    const pins = Object.entries((JSON.parse(story.read('pets.lock')) as { refs: object }).refs);
    const pinOf = (app: string) => JSON.stringify(pins.find(([url]) => url.includes(`/${app}.git`)));
    expect([pinOf('web'), pinOf('other')]).toEqual([
      expect.stringContaining(first),
      expect.stringContaining(second),
    ]);
    await story.ok(['unhold', web]);
    expect((await story.ok(['update', web])).stdout).toMatch(
      new RegExp(`${first.slice(0, 7)} +${second.slice(0, 7)}`),
    );
  });

  test('move for another app that shares them; where no Incus is nobody knows of a hold', async () => {
    const third = await publish('three');
    const shared = `flake-ref = "${server.ref('web')}"`;
    story.manifest({ web: shared, same: shared });
    await story.ok(['hold', web]);
    const moved = await story.ok(['update']);
    expect(moved.stderr).toMatch(
      new RegExp(`${web} is left out; git.*web.git.* moves for others: held by hand`),
    );
    expect(story.read('pets.lock')).toContain(third);
    expect((await story.ok(['diff', '--exit-code', web])).stdout).toContain('held by hand');

    const away = { INCUS_SOCKET: join(story.folder, 'no.socket') };
    const alone = await story.ok(['update', web], away);
    expect(alone.stderr).toContain('no Incus answers here, so whether an app is held is not known');
  });

  test('are not asked for where all apps are held', async () => {
    story.manifest({ web: `flake-ref = "${server.ref('web')}"` });
    expect(await story.ok(['update'])).toMatchObject({ stdout: 'Nothing was moved.\n' });
  });
});

describe('what was deployed and is held', () => {
  const story = new DeployStory('holddeploy');
  const web = story.name('web');

  afterAll(async () => {
    await story.cleanUp();
    removeProfile(web);
  });

  test('is not deployed anew', async () => {
    const [port = 0] = await freePorts(1);
    story.flake('web');
    await story.ok(['deploy', './web', web, '--port', String(port), '--nixpkgs', standIn()]);
    await story.ok(['hold', '--deployed', web, '--until', '2w']);
    const again = await story.pets(['deploy', './web', web]);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(/is held by hand until .*nothing was changed/);
    await story.ok(['unhold', '--deployed', web]);
    await story.ok(['deploy', './web', web]);
  });
});
