import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { lastDue, parseSchedule } from '../../src/domain/schedule.js';
import { GitServer } from './git-server.js';
import { answerOf, BOOT_ID, freePorts, must, Story, watchedNix } from './rig.js';

type Updates = { updates: { app: string; result: string; message: string }[] };

describe('apps that update themselves', () => {
  const story = new Story('due');
  const [web, other, lost] = [story.name('web'), story.name('other'), story.name('lost')];
  const server = new GitServer(join(story.folder, 'repository'));
  const ports = { web: 0, other: 0 };

  const publish = (version: string, more = '') => {
    story.page('repository', version);
    story.write('repository/more.nix', `{ ${more} }\n`);
    story.write('repository/version.nix', `"${version}"\n`);
    return server.commit(version);
  };
  const AUTO = 'update = { auto = true, schedule = "03:00" }';
  const write = () => {
    const shared = `flake-ref = "${server.ref('app')}"`;
    story.manifest({
      web: `${shared}\nport = ${ports.web}\n${AUTO}`,
      other: `${shared}\nport = ${ports.other}`,
      lost: `flake-ref = "${server.ref('lost')}"\n${AUTO}`,
    });
  };
  const label = async (app: string) =>
    (await story.instances()).find(({ name }) => name === app)?.config['user.pets.update'] ?? '';
  const setLabel = (app: string, value: object) =>
    must('incus', ['config', 'set', app, `user.pets.update=${JSON.stringify(value)}`], story.env());
  const LONG_AGO = '2001-01-01T00:00:00.000Z';
  const makeDue = (app: string) => setLabel(app, { at: LONG_AGO, move: null });
  const due = async (...apps: string[]) => {
    for (const app of apps) await makeDue(app);
    const { code, stdout, stderr } = await story.pets(['update', '--due', '--json']);
    return { code, stderr, results: (JSON.parse(stdout) as Updates).updates };
  };
  const alerts = async () => {
    const { stdout } = await story.ok(['alerts', '--json']);
    return (JSON.parse(stdout) as { alerts: { kind: string; app: string }[] }).alerts;
  };

  beforeAll(async () => {
    [ports.web = 0, ports.other = 0] = await freePorts(2);
    story.flake('repository');
    const flake = story.read('repository/flake.nix');
    const packaged = flake.replace(
      './package.nix { }',
      './package.nix { } // { version = import ./version.nix; }',
    );
    const whole = packaged.replace('imports = [ self', 'imports = [ ./more.nix self');
    expect(whole).not.toBe(packaged);
    story.write('repository/flake.nix', whole);
    await server.start();
    await publish('1.0.0');
    write();
    await story.ok(['up']);
  });
  afterAll(async () => {
    server.close();
    await story.cleanUp();
  });

  test('are looked at first: their time is yet to come', async () => {
    const first = await story.ok(['update', '--due']);
    expect(first.stdout).toBe('No app is due.\n');
    expect(JSON.parse(await label(web))).toMatchObject({ at: expect.stringMatching(/^20[2-9]/), move: null });
    expect(await label(other)).toBe('');
  });

  test('have nothing to do where nothing is newer', async () => {
    await makeDue(web);
    const dry = await story.ok(['update', '--due', '--dry-run']);
    expect(dry.stdout).toMatch(new RegExp(`${web} +due +would be updated now`));
    const { env, calls } = watchedNix(story);
    expect((await story.ok(['update', '--due'], env)).stdout).toMatch(new RegExp(`${web} +unchanged`));
    expect(calls().filter((call) => /nix (eval|build)/.test(call))).toEqual([]);
    expect((await story.ok(['update', '--due'])).stdout).toBe('No app is due.\n');
  });

  test('go on by themselves, each alone: who shares the flake stays at its pin', async () => {
    const next = await publish('1.1.0');
    expect(await due(web)).toMatchObject({ code: 0, results: [{ app: web, result: 'updated' }] });
    expect((await answerOf(ports.web)).body).toBe('1.1.0');
    expect((await answerOf(ports.other)).body).toBe('1.0.0');
    expect(JSON.parse(story.read('pets.lock'))).toMatchObject({
      apps: { [web]: { [server.ref('app')]: { rev: next } } },
    });
    expect(await story.pets(['diff', '--exit-code'])).toMatchObject({ code: 0 });
    await story.ok(['update', other]);
    await story.ok(['up', other]);
    expect(JSON.parse(story.read('pets.lock'))).not.toHaveProperty('apps');
    expect((await answerOf(ports.other)).body).toBe('1.1.0');
  });

  test('go back where the new version fails, keep their pins, and do not try it again', async () => {
    const before = story.read('pets.lock');
    await publish('1.2.0', 'system.activationScripts.broken = "echo cannot; exit 1";');
    expect(await due(web)).toMatchObject({ code: 3, results: [{ app: web, result: 'rolled-back' }] });
    expect((await answerOf(ports.web)).body).toBe('1.1.0');
    expect(story.read('pets.lock')).toBe(before);
    expect(await alerts()).toMatchObject([{ kind: 'rolled-back', app: web }]);
    expect(await due(web)).toMatchObject({
      code: 0,
      results: [{ app: web, result: 'unchanged', message: expect.stringContaining('has failed before') }],
    });
    expect(await story.pets(['diff', '--exit-code', web])).toMatchObject({ code: 0 });
  });

  test('wait before a major step, which is not built, until somebody takes it', async () => {
    await publish('2.0.0');
    const { env, calls } = watchedNix(story);
    await makeDue(web);
    const waits = await story.ok(['update', '--due'], env);
    expect(waits.stdout).toMatch(new RegExp(`${web} +waits +1\\.1\\.0 → 2\\.0\\.0 is a major step`));
    expect(calls().filter((call) => /nix build|nix-store --realise/.test(call))).toEqual([]);
    expect((await alerts()).map(({ kind }) => kind).sort()).toEqual(['rolled-back', 'update-held']);
    expect(await story.pets(['update', '--allow-major'])).toMatchObject({ code: 64 });
    await story.ok(['update', web, '--allow-major']);
    expect((await answerOf(ports.web)).body).toBe('2.0.0');
    expect(await alerts()).toEqual([]);
  });

  test('do without one whose flake cannot be had', async () => {
    await publish('2.1.0');
    server.gone.add('lost');
    expect(await due(web, lost)).toMatchObject({
      code: 1,
      results: [
        { app: lost, result: 'failed', message: expect.stringContaining('lost.git') },
        { app: web, result: 'updated' },
      ],
    });
    expect(await alerts()).toMatchObject([{ kind: 'update-failed', app: lost }]);
    server.gone.delete('lost');
    expect(await due(lost)).toMatchObject({ code: 0, results: [{ result: 'waits' }] });
    expect(await alerts()).toMatchObject([{ kind: 'update-held', app: lost }]);
  });

  test('are held back by a hold, and a run that was killed is settled by the next', async () => {
    await story.ok(['hold', web]);
    const before = story.read('pets.lock');
    const next = await publish('2.2.0');
    expect(await due(web)).toMatchObject({ code: 0, results: [] });
    expect(await story.pets(['update', web, '--allow-major'])).toMatchObject({ code: 1 });
    await story.ok(['unhold', web]);
    expect(await due(web)).toMatchObject({ results: [{ app: web, result: 'updated' }] });
    const after = story.read('pets.lock');
    // As it is where the run ended between the switch and the lock.
    const ref = server.ref('app');
    const pinOf = (lock: string) => {
      const { apps, refs } = JSON.parse(lock) as {
        apps?: Record<string, object>;
        refs: Record<string, object>;
      };
      return { ...refs, ...apps?.[web] }[ref];
    };
    const move = { from: { [ref]: pinOf(before) }, to: { [ref]: pinOf(after) } };
    story.write('pets.lock', before);
    await setLabel(web, { at: LONG_AGO, move });
    expect(await story.pets(['diff', '--exit-code', web])).toMatchObject({ code: 0 });
    expect(story.read('pets.lock')).toBe(before);
    await story.ok(['up', web]);
    expect(story.read('pets.lock')).toBe(after);
    expect(after).toContain(next);
    expect((await answerOf(ports.web)).body).toBe('2.2.0');
    expect(JSON.parse(await label(web))).toEqual({ at: LONG_AGO, move: null });
    // Whoever has changed the lock since wants something else.
    await setLabel(web, { at: LONG_AGO, move });
    await story.ok(['up', web]);
    expect(story.read('pets.lock')).toBe(after);
    // A pin of what is no flake of the app is none.
    await setLabel(web, { at: LONG_AGO, move: { from: {}, to: { 'github:x/y': pinOf(after) } } });
    await story.ok(['up', web]);
    expect(story.read('pets.lock')).toBe(after);
  });

  test('are finished where a run was killed half-way, by the next that looks', async () => {
    await must('incus', ['config', 'set', web, 'user.pets.state=upgrading'], story.env());
    await must('incus', ['stop', '--force', web], story.env());
    expect((await story.ok(['update', '--due'])).stdout).toMatch(new RegExp(`${web} +finished`));
    expect((await answerOf(ports.web)).body).toBe('2.2.0');
    expect((await story.ok(['update', '--due'])).stdout).toMatch(new RegExp(`${web} +unchanged`));
    // Cut short once it was stopped, and before anything of it was changed.
    const pin = (JSON.parse(story.read('pets.lock')) as { apps: Record<string, object> }).apps[web];
    await setLabel(web, { at: new Date().toISOString(), move: { from: pin, to: pin } });
    await must('incus', ['stop', '--force', web], story.env());
    expect((await story.ok(['update', '--due'])).stdout).toMatch(new RegExp(`${web} +finished`));
    expect((await answerOf(ports.web)).body).toBe('2.2.0');
    expect(JSON.parse(await label(web))).toMatchObject({ move: null });
    // What a person has stopped stays so.
    await story.ok(['stop', web]);
    expect((await story.ok(['update', '--due'])).stdout).toBe('No app is due.\n');
    await story.ok(['start', web]);
  });

  test('are finished after Ctrl-C too, whenever that comes', async () => {
    await publish('2.3.0');
    await makeDue(web);
    const { child, ended } = story.start(['update', '--due']);
    child.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes(`${web}: building`)) child.kill('SIGINT');
    });
    expect((await ended).code).toBe(130);
    await story.pets(['update', '--due']);
    expect((await answerOf(ports.web)).body).toMatch(/^2\.[23]\.0$/);
    expect(JSON.parse(await label(web))).toMatchObject({ move: null });
    expect(await story.pets(['diff', '--exit-code', web])).toMatchObject({ code: 0 });
  });

  test('are rehearsed first where that is wanted: what is not healthy in a twin is never seen', async () => {
    const REHEARSED = 'update = { auto = true, rehearse = true }\nhealth = { path = "/", interval = "1s" }';
    story.write('pets.toml', story.read('pets.toml').replace(AUTO, REHEARSED));
    await story.ok(['up', web]);
    const [before, lock] = [await answerOf(ports.web), story.read('pets.lock')];
    await publish(
      '2.9.0',
      'systemd.services.broken = { wantedBy = [ "multi-user.target" ]; script = "exit 3"; };',
    );
    const boot = await story.inside('web', ...BOOT_ID);
    expect(await due(web)).toMatchObject({ code: 4, results: [{ app: web, result: 'refused' }] });
    expect(await answerOf(ports.web)).toEqual(before);
    expect(await story.inside('web', ...BOOT_ID)).toBe(boot);
    expect(story.read('pets.lock')).toBe(lock);
    expect((await alerts()).filter(({ app }) => app === web)).toMatchObject([{ kind: 'failed' }]);
    expect(await due(web)).toMatchObject({ code: 0, results: [{ app: web, result: 'unchanged' }] });
    await publish('2.9.1');
    expect(await due(web)).toMatchObject({ code: 0, results: [{ app: web, result: 'updated' }] });
    expect((await answerOf(ports.web)).body).toBe('2.9.1');
    expect((await alerts()).map(({ app }) => app)).not.toContain(web);
  });

  test('a schedule means what systemd takes it for', async () => {
    const base = '2026-11-27 10:00:00 UTC';
    const written = [
      'daily',
      'Mon..Fri 3:0',
      '*-*~1',
      '*-02~07/1 04:00',
      'Sat,Sun 1..3:00/20',
      '*-*-31 1:00',
    ];
    for (const one of [
      ...written,
      '0..10/3:00',
      '*-*-1..7/2',
      '1/6:00',
      'Mon, 03:00',
      'quarterly',
      '01-01',
      '*:0/7',
    ]) {
      const said = await story.inside(
        'web',
        'systemd-analyze',
        'calendar',
        `--base-time=${base}`,
        `${one} UTC`,
      );
      const [, next = ''] = /Next elapse: \w+ (\S+ \S+ UTC)/.exec(said) ?? [];
      const [schedule, at] = [
        parseSchedule(`${one} UTC`),
        new Date(next.replace(' ', 'T').replace(' UTC', 'Z')),
      ];
      const found = [at, new Date(at.getTime() - 1000)].map((now) => schedule && lastDue(schedule, now));
      expect([one, found[0]]).toEqual([one, at]);
      expect(Number(found[1])).toBeLessThanOrEqual(Date.parse('2026-11-27T10:00:00Z'));
    }
  });
});
