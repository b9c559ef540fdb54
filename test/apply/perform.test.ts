import { describe, expect, test } from '@jest/globals';
import { results, run } from './recording.js';

const NEW_PORT = { want: ['web 81'], have: ['web 80'] };
/** Both have to let go first, so each has something to fall back on. */
const SWAP = { want: ['a 81', 'b 80'], have: ['a 80', 'b 81'] };

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

describe('expose', () => {
  test('looks whether the port is free before the daemon is asked', async () => {
    const recorded = await run(NEW_PORT, { busy: { '127.0.0.1:81': 'is in use' } });
    expect(recorded.calls).toEqual(['host.probe 127.0.0.1:81']);
    expect(results(recorded)).toEqual(['web failed (web/expose:web-2: 127.0.0.1:81 is in use)']);
    expect(recorded.outcome.apps[0]?.failure?.problem.hint).toBe(
      'free it or change the port, then run `pets up web` again',
    );
  });

  test('keeps the old one until the new one answers', async () => {
    const recorded = await run(NEW_PORT, { fails: { 'host.accepts': 'nobody answers' } });
    expect(recorded.calls.filter((call) => call.startsWith('incus.removeDevice'))).toEqual([]);
  });

  test('that fails restores the one that was taken away for it, and says so', async () => {
    const recorded = await run(SWAP, { busy: { '127.0.0.1:81': 'is in use' } });
    expect(recorded.calls.filter((call) => / (a |127\.0\.0\.1:80$)/.test(call)).slice(0, 3)).toEqual([
      'incus.removeDevice a web',
      'host.probe 127.0.0.1:80',
      'incus.setDevice a web-2 tcp:127.0.0.1:80',
    ]);
    expect(results(recorded)[0]).toBe(
      'a failed (a/expose:web-2: 127.0.0.1:81 is in use; 127.0.0.1:80 is exposed again as before)',
    );
  });

  test('that cannot restore it says that as well', async () => {
    const fails = { 'incus.setDevice a web-2 tcp:127.0.0.1:80': 'address already in use' };
    const recorded = await run(SWAP, { fails, busy: { '127.0.0.1:81': 'is in use' } });
    expect(results(recorded)[0]).toBe(
      'a failed (a/expose:web-2: 127.0.0.1:81 is in use; and 127.0.0.1:80 could not be exposed again: address already in use)',
    );
  });
});

test('revive changes the device, so that Incus starts its forwarder, and waits for it', async () => {
  const { calls } = await run({ want: ['web 80'], have: ['web 80 forwarder=dead'] });
  expect(calls).toEqual([
    'incus.setDevice web web tcp:127.0.0.1:80',
    'host.accepts 127.0.0.1:80',
    'incus.setConfig web',
  ]);
});

test('a destroy stops, deletes, and lets go of the generations', async () => {
  const { calls } = await run({ want: [], have: ['web 80'], prune: true });
  expect(calls).toEqual(['incus.stop web', 'delivery.dropProfile web', 'incus.remove web']);
});

describe('record', () => {
  test('is what the next run compares with, and what incus-pet reads', async () => {
    const { configs } = await run({ want: ['web [::1]:80 ref=github:o/web'] });
    const { 'user.pets.applied': applied = '', ...marks } = configs['web'] ?? {};
    expect(marks).toEqual({
      'user.pets.project': 'homelab',
      'user.pets.app': 'web',
      'user.pets.state': 'ready',
      'user.incus-pet.flake-ref': './x',
      'user.incus-pet.host-port': '80',
      'user.incus-pet.listen': '::1',
    });
    expect(JSON.parse(applied)).toEqual({
      v: 1,
      generation: 7,
      toplevel: '/nix/store/t-web',
      facets: {
        system: { source: 'a', nixpkgs: 'nixos-25.11', platform: 'x86_64-linux' },
        exposure: { listen: '[::1]:80' },
        meta: { 'flake-ref': 'github:o/web' },
        power: { state: 'running' },
      },
    });
  });

  test('removes the marks of a port that is no longer there: an empty value removes a key', async () => {
    const { configs } = await run({ want: ['web'], have: ['web 80'] });
    expect(configs['web']).toMatchObject({ 'user.incus-pet.host-port': '', 'user.incus-pet.listen': '' });
  });

  test('keeps the system that was there when none was built', async () => {
    const { configs } = await run(NEW_PORT);
    expect(JSON.parse(configs['web']?.['user.pets.applied'] ?? '')).toMatchObject({
      generation: 1,
      toplevel: '/nix/store/a-nixos-25.11-x86_64-linux',
    });
  });
});
