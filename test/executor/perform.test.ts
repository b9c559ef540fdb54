import { describe, expect, jest, test } from '@jest/globals';
import { TELL_MS } from '../../src/lib/progress.js';
import { results, run, said } from './recording.js';

describe('lock', () => {
  test('asks once for each URL, whoever shares it', async () => {
    const { calls } = await run({
      want: ['a - source=github:o/a nixpkgs=github:n/n', 'b - nixpkgs=github:n/n'],
    });
    expect(calls.filter((call) => call.startsWith('nix.lock'))).toEqual([
      'nix.lock github:o/a',
      'nix.lock github:n/n',
    ]);
    expect(new Set(calls.filter((call) => call.startsWith('lockFile')))).toEqual(
      new Set(['lockFile.add github:o/a', 'lockFile.add github:n/n']),
    );
  });

  test('that fails fails all who share it, and is not written down', async () => {
    const world = { want: ['a - nixpkgs=github:n/n', 'b - nixpkgs=github:n/n', 'c'] };
    const recorded = await run(world, { fails: { 'nix.lock': 'could not resolve host' } });
    expect(results(recorded)).toEqual([
      'a failed (a/lock: could not resolve host)',
      'b failed (b/lock: could not resolve host)',
      'c done',
    ]);
    expect(recorded.calls.filter((call) => call.startsWith('lockFile'))).toEqual([]);
  });

  test('is handed on to the evaluation and into the record', async () => {
    const { calls, configs } = await run({ want: ['web - source=github:o/web nixpkgs=github:n/n'] });
    expect(calls).toContain('nix.evaluate web github:o/web github:n/n');
    expect(JSON.parse(configs['web']?.['user.pets.applied'] ?? '')).toMatchObject({
      facets: { system: { source: 'github:o/web/1234#nixosModules.incus', nixpkgs: 'github:n/n/1234' } },
    });
  });

  test('gives each ref its own pin where one URL begins with another', async () => {
    const { configs } = await run({ want: ['web - source=github:n/n nixpkgs=github:n/nix'] });
    expect(JSON.parse(configs['web']?.['user.pets.applied'] ?? '')).toMatchObject({
      facets: { system: { source: 'github:n/n/1234#nixosModules.incus', nixpkgs: 'github:n/nix/1234' } },
    });
  });
});

test('create marks the instance in the very request that makes it', async () => {
  const { configs } = await run({ want: ['web 80'] }, { fails: { 'incus.create': 'no space left' } });
  expect(configs['web']).toEqual({
    'security.nesting': 'true',
    'user.pets.project': 'homelab',
    'user.pets.app': 'web',
    'user.pets.state': 'creating',
  });
});

test('a frozen app is thawed, a stopped one started', async () => {
  const { calls } = await run({ want: ['a', 'b'], have: ['a - status=Frozen', 'b - status=Stopped'] });
  expect(calls.slice(0, 2)).toEqual(['incus.unfreeze a', 'incus.start b']);
});

test('warnings of a switch are told, and the app is still done', async () => {
  const recorded = await run(
    { want: ['web - source=b'], have: ['web'] },
    { warnings: ['x.service failed to reload'] },
  );
  expect(recorded.outcome.apps[0]).toMatchObject({
    result: 'done',
    warnings: ['x.service failed to reload'],
  });
  expect(recorded.events.filter((event) => event.kind === 'warned')).toMatchObject([
    { op: 'web/activate', message: 'x.service failed to reload' },
  ]);
});

test.each([
  ['web - source=b', 'guest.activate web'],
  ['web - source=b activation=restart', 'incus.stop web'],
])('what fails already is noted right before the first interruption: %s', async (want, interruption) => {
  const { calls } = await run({ want: [want], have: ['web - kept=1'] });
  const at = calls.findIndex((call) => call.startsWith(interruption));
  expect(calls.slice(at - 1, at)).toEqual(['guest.takeBaseline web']);
  expect(calls.filter((call) => call.startsWith('guest.takeBaseline'))).toHaveLength(1);
});

test('what a switch waits for is told, without the secrets in it', async () => {
  const recorded = await run({ want: ['web - source=b'], have: ['web'] }, { jobs: 'hush.service (start)' });
  expect(recorded.events.filter((event) => event.kind === 'waiting')).toMatchObject([
    { op: 'web/activate', what: '[secret].service (start)' },
  ]);
});

describe('a stop', () => {
  test.each([
    ['of the manifest', { want: ['web - source=b activation=restart grace=45s'], have: ['web'] }],
    ['of an app that is gone', { want: [], have: ['web - grace=45s'], prune: true }],
    ['of one that is made anew', { want: ['web - store=copy grace=45s'], have: ['web'], recreate: true }],
    ['of one that is renamed', { want: ['web - was=old grace=45s'], have: ['old'] }],
    [
      'before the volumes are copied',
      { want: ['web - volumes=data:/x source=b grace=45s'], have: ['web - volumes=data:/x kept=1'] },
    ],
  ])('has the time that is given to it: %s', async (_, world) => {
    const { calls } = await run(world);
    const stops = calls.filter((call) => call.startsWith('incus.stop'));
    expect(stops.map((call) => call.split(' ')[2])).toEqual(stops.map(() => '45000'));
    expect(stops).not.toEqual([]);
  });

  test('that came to force is told, by the way forward and the way back', async () => {
    const world = { want: ['web - volumes=data:/x source=b'], have: ['web - volumes=data:/x kept=1'] };
    const fails = { 'guest.settle web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web': 'no' };
    const { outcome, events } = await run(world, { forced: 'it had not stopped within 30s', fails });
    const killed =
      'it was ended by force (it had not stopped within 30s): what it had not written yet is lost; `stop-timeout` gives a stop more time';
    expect(outcome.apps[0]).toMatchObject({ result: 'rolled-back', warnings: [killed, killed] });
    expect(events.filter(({ kind }) => kind === 'warned')).toMatchObject([
      { op: 'web/stop', message: killed },
      { op: 'web/stop~back', message: killed },
    ]);
  });

  test('that came to force in a switch is told, even if the switch fails', async () => {
    const world = { want: ['web - source=b grace=45s'], have: ['web'] };
    const { outcome } = await run(world, { forced: 'late', fails: { 'guest.activate': 'it did not start' } });
    expect(outcome.apps[0]).toMatchObject({ result: 'failed', warnings: ['killed after 45000 ms'] });
  });
});

test('a destroy stops, deletes, and lets go of the generations', async () => {
  const { calls } = await run({ want: [], have: ['web 80'], prune: true });
  expect(calls).toEqual(['incus.stop web', 'incus.remove web', 'shared.dropProfile web']);
});

test('a generation that is recorded, or of which there is a copy, is never numbered anew', async () => {
  const numbered = async (have: string, snapshots: Record<string, string[]> = {}) => {
    const want = ['web - source=b volumes=data:/x stateful=no'];
    const world = have === '' ? { want, volumes: ['web/data'] } : { want, have: [have] };
    const { configs } = await run(world, { snapshots });
    return (JSON.parse(configs['web']?.['user.pets.applied'] ?? '{}') as { generation?: number }).generation;
  };
  expect(await numbered('web - volumes=data:/x kept=3,12')).toBe(13);
  // Of a container that was deleted only the volumes are left, and what was copied of them.
  expect(await numbered('', { data: ['pets-8', 'somebody-99', 'pets-undone-11-2'] })).toBe(12);
});

describe('a store of its own', () => {
  const world = { want: ['web - store=copy volumes=data:/x timeout=5000'] };

  test('is filled by its own delivery, within the limit of the app', async () => {
    const { calls } = await run(world);
    expect(calls).toEqual([
      'nix.evaluate web',
      'nix.build web',
      'incus.makeVolume web data unlimited',
      'incus.create web',
      'incus.start web',
      'copy.deliver web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web 5000',
      'copy.setProfile web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web',
      'incus.stop web',
      'incus.setConfig web',
      'incus.setDevice web nix-profiles /profiles/web',
      'incus.setDevice web volume-data homelab.web.data',
      'incus.start web',
      'guest.settle web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web 5000',
      'incus.setConfig web',
    ]);
  });

  test('says how far it is, and what was sent', async () => {
    let now = 0;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => (now += TELL_MS));
    const recorded = await run(world, { says: '3 paths, 12 MB' });
    clock.mockRestore();
    expect(recorded.events.filter((e) => 'op' in e && e.op === 'web/deliver')).toMatchObject([
      { kind: 'started' },
      { kind: 'progress', what: 'system', done: 2, total: 2, ms: TELL_MS },
      { kind: 'finished', note: '3 paths, 12 MB' },
    ]);
  });

  test('is left for the next run when it could not be filled', async () => {
    const recorded = await run(world, { fails: { 'copy.deliver': 'sending the system broke off' } });
    expect(results(recorded)).toEqual(['web failed (web/deliver: sending the system broke off)']);
    expect(said(recorded, 'skipped')).toContain('web/start~2');
    expect(recorded.configs['web']).toMatchObject({ 'user.pets.state': 'creating' });
  });
});

describe('create', () => {
  const words =
    'limits=memory:1GiB config=security.nesting:false,user.x:1 plug=card:gpu,seed:usb profiles=a,b';

  test('gives the instance in one request what the manifest says, and over that what pets needs', async () => {
    const { specs } = await run({ want: [`web - ${words}`] });
    expect(specs).toEqual([
      {
        name: 'web',
        description: 'pets: homelab/web',
        config: {
          'limits.memory': '1GiB',
          'security.nesting': 'true',
          'user.x': '1',
          'user.pets.project': 'homelab',
          'user.pets.app': 'web',
          'user.pets.state': 'creating',
        },
        devices: { card: { type: 'gpu' }, seed: { type: 'none' } },
        profiles: ['a', 'b'],
        image: null,
      },
    ]);
  });

  test('begins with the image where the store is a copy, and with Incus’ own profiles where none are given', async () => {
    const { specs } = await run({ want: ['web - store=copy'] });
    expect(specs).toMatchObject([{ profiles: null, image: 'nixos' }]);
  });
});

describe('a new system', () => {
  test('is activated as the app says, and old generations go when it is up', async () => {
    const world = { want: ['web - source=b activation=switch keep=2 timeout=9000'], have: ['web'] };
    const recorded = await run(world, { says: '1 generation' });
    expect(recorded.calls.slice(3)).toEqual([
      'guest.activate web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web switch 9000',
      'guest.settle web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web 9000',
      'incus.setConfig web',
      'shared.collect web 7',
    ]);
    expect(recorded.events.filter((e) => e.kind === 'finished').at(-1)).toMatchObject({
      note: '1 generation',
    });
  });

  test('is looked at for what it has said since it was started', async () => {
    const before = Date.now();
    const { sinces } = await run({ want: ['web - source=b'], have: ['web'] });
    expect(sinces).not.toEqual([]);
    for (const since of sinces) expect(since).toBeGreaterThanOrEqual(before);
  });

  test('that was removed of nothing says nothing', async () => {
    const { events } = await run({ want: ['web - source=b'], have: ['web'] });
    expect(events.filter((e) => e.kind === 'finished').at(-1)).not.toHaveProperty('note');
  });
});

describe('a container', () => {
  test('is configured while it runs, keys that are to go with an empty value', async () => {
    const world = { want: ['web - limits=cpu:50%'], have: ['web - limits=memory:1GiB,cpu:2'] };
    const { configured } = await run(world);
    expect(configured).toHaveLength(2);
    expect(configured[0]).toEqual({ 'limits.memory': '', 'limits.cpu': '', 'limits.cpu.allowance': '50%' });
  });

  test('gets other profiles, and Incus’ default where the manifest has none any more', async () => {
    const profiles = async (want: string, have: string) =>
      (await run({ want: [want], have: [have] })).calls.filter((call) =>
        call.startsWith('incus.setProfiles'),
      );
    expect(await profiles('web - profiles=default,gpu', 'web')).toEqual([
      'incus.setProfiles web default gpu',
    ]);
    expect(await profiles('web', 'web - profiles=gpu')).toEqual(['incus.setProfiles web default']);
  });

  test('gets devices as they are written', async () => {
    const { calls, devices } = await run({ want: ['web - plug=card:gpu'], have: ['web - plug=key:usb'] });
    expect(calls).toEqual(['incus.removeDevice web key', 'incus.setDevice web card', 'incus.setConfig web']);
    expect(devices['web card']).toEqual({ type: 'gpu' });
  });

  test('gets back what it was made with while it is stopped', async () => {
    const { calls } = await run({ want: ['web'], have: ['web - altered=raw.lxc'] });
    expect(calls.slice(0, 4)).toEqual([
      'incus.stop web',
      'incus.setConfig web',
      'incus.setDevice web nix-profiles /profiles/web',
      'incus.start web',
    ]);
  });

  test('is made anew: what it had goes first', async () => {
    const world = { want: ['web - store=copy'], have: ['web'], recreate: true };
    const { calls } = await run(world);
    expect(calls.slice(2, 6)).toEqual([
      'incus.stop web',
      'incus.remove web',
      'shared.dropProfile web',
      'incus.create web',
    ]);
    expect(calls.at(-1)).toBe('copy.collect web 7');
  });
});
