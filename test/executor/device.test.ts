import { describe, expect, test } from '@jest/globals';
import { results, run } from './recording.js';

const ONE = { want: ['web - volumes=data:/x:1GiB binds=/srv/x:/y:ro,/srv/z:/z:create'], have: ['web'] };

test('a volume is attached by the name that it has in Incus, a bind by the folder', async () => {
  const { calls, devices } = await run(ONE);
  expect(calls).toEqual([
    'nix.evaluate web',
    'incus.makeVolume web data 1GiB',
    'host.makeFolder /srv/z',
    'incus.stop web',
    'incus.setDevice web volume-data homelab.web.data',
    'incus.setDevice web bind-1 /srv/x',
    'incus.setDevice web bind-2 /srv/z',
    'incus.start web',
    'guest.settle web /nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-a-nixos-25.11-x86_64-linux 1000',
    'incus.setConfig web',
  ]);
  expect(devices).toMatchObject({
    'web volume-data': { type: 'disk', pool: 'default', source: 'homelab.web.data', path: '/x' },
    'web bind-1': { type: 'disk', source: '/srv/x', path: '/y', shift: 'true', readonly: 'true' },
    'web bind-2': { type: 'disk', source: '/srv/z', path: '/z', shift: 'true' },
  });
  expect(devices['web bind-2']).not.toHaveProperty('readonly');
});

test('a size that nobody enforces is a warning', async () => {
  const warnings = ['nothing enforces the size 2GiB'];
  const made = await run({ want: ['web - volumes=data:/x:2GiB'] }, { warnings });
  expect(made.outcome.apps[0]?.warnings).toEqual(warnings);
  const world = { want: ['web - volumes=data:/x:2GiB'], have: ['web - volumes=data:/x:1GiB'] };
  const resized = await run(world, { warnings });
  expect(resized.calls).toEqual(['incus.resizeVolume homelab.web.data 2GiB', 'incus.setConfig web']);
  expect(resized.outcome.apps[0]).toMatchObject({ result: 'done', warnings });
});

test('a volume that is gone when it is to be attached', async () => {
  const world = { want: ['web - volumes=data:/x'], have: ['web'], volumes: ['web/data'] };
  const recorded = await run(world, { lost: ['data'] });
  expect(results(recorded)).toEqual([
    'web failed (web/attach:volume-data: the volume `data` of `web` is not there any more)',
  ]);
  expect(recorded.outcome.apps[0]?.failure?.problem.hint).toBe('run `pets up web` again');
});

test('what is taken away is only taken away', async () => {
  const { calls } = await run({ want: ['web'], have: ['web - volumes=data:/x binds=/srv/x:/y'] });
  expect(calls.filter((call) => call.startsWith('incus.'))).toEqual([
    'incus.stop web',
    'incus.removeDevice web volume-data',
    'incus.removeDevice web bind-1',
    'incus.start web',
    'incus.setConfig web',
  ]);
});

describe('a rename', () => {
  const world = {
    want: ['new 80 was=old volumes=data:/x:2GiB'],
    have: ['old 80 volumes=data:/x'],
    volumes: ['other/data'],
  };

  test('takes generations and volumes along, then the container, which learns where its profile is', async () => {
    const { calls, devices } = await run(world);
    expect(calls).toEqual([
      'incus.setConfig old',
      'incus.stop old',
      'shared.moveProfile old new',
      'incus.markVolume homelab.old.data new data',
      'incus.rename old new',
      'incus.setConfig new',
      'incus.setDevice new nix-profiles /profiles/new',
      'incus.resizeVolume homelab.old.data 2GiB',
      'incus.removeDevice new web',
      'incus.start new',
      'guest.settle new /nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-a-nixos-25.11-x86_64-linux 1000',
      'host.probe 127.0.0.1:80',
      'incus.setDevice new web tcp:127.0.0.1:80',
      'host.accepts 127.0.0.1:80',
      'incus.setConfig new',
    ]);
    expect(devices['new nix-profiles']).toEqual({ type: 'disk', source: '/profiles/new' });
  });

  test('takes the volumes that the plan names, and no others', async () => {
    const { calls } = await run({ want: ['new - was=old'], volumes: ['old/data', 'old/more', 'new/more'] });
    expect(calls.filter((call) => call.startsWith('incus.markVolume'))).toEqual([
      'incus.markVolume homelab.old.data new data',
    ]);
  });

  test('says on the instance what it is to become, before anything else', async () => {
    const { calls, configs } = await run(world, { fails: { 'incus.stop': 'busy' } });
    expect(calls).toEqual(['incus.setConfig old', 'incus.stop old']);
    expect(configs['old']).toEqual({ 'user.pets.becoming': 'new' });
  });

  test('marks the instance with its new name, and ends the rename', async () => {
    const { configs } = await run(world);
    expect(configs['new']).toMatchObject({ 'user.pets.app': 'new', 'user.pets.becoming': '' });
  });
});

test('what Incus refuses is refused while the app runs', async () => {
  const world = {
    want: ['web 80 config=security.guestapi:true profiles=gpu volumes=data:/x'],
    have: ['web 80 volumes=data:/y'],
  };
  const { calls } = await run(world, { fails: { 'incus.setProfiles': 'no profile gpu' } });
  expect(calls.filter((call) => call.startsWith('incus.'))).toEqual([
    'incus.setConfig web',
    'incus.setProfiles web gpu',
  ]);
});
