import { describe, expect, test } from '@jest/globals';
import { FailedProgram } from '../../src/domain/problem.js';
import type { World } from '../planner/worlds.js';
import { results, run, said } from './recording.js';

test('secrets are marked before they are written, with values from the port, and recorded as fingerprints', async () => {
  const recorded = await run({
    want: ['web - secrets=db:2,api:1@0440/clerk'],
    have: ['web - secrets=db:1,old:1'],
  });
  expect(results(recorded)).toEqual(['web done']);
  expect(recorded.calls.filter((call) => !call.startsWith('secrets.value'))).toEqual([
    'incus.setConfig web',
    'guest.writeSecrets web db=0400,root api=0440,clerk -old',
    'guest.ownSecrets web api=0440,clerk 1000',
    'guest.restartLoaders web db api old 1000',
    'guest.settle web /nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-a-nixos-25.11-x86_64-linux 1000',
    'incus.setConfig web',
    'guest.forgetSecrets web all',
  ]);
  const [mark, record] = recorded.configured;
  expect(mark).toEqual({ 'user.pets.secrets': 'db api old' });
  expect(record?.['user.pets.secrets']).toBe('');
  expect(record?.['user.pets.applied']).toContain('"secrets":{"secret.db":"v1:2 0400 root"');
  expect(JSON.stringify([recorded.events, recorded.configured])).not.toContain('value of');
});

test('what a guest prints of its secrets goes no further', async () => {
  const failed = new FailedProgram({ code: 'unit-failed', message: 'it said hush' }, [
    'the password is hush',
  ]);
  const { events, configured } = await run(
    { want: ['web - source=b'], have: ['web - kept=1'] },
    { fails: { 'guest.settle': failed } },
  );
  const said = JSON.stringify([events, configured]);
  expect(said).toContain('the password is [secret]');
  expect(said).not.toContain('hush');
});

describe('what secrets were before an upgrade', () => {
  const world: World = {
    want: ['web - source=b secrets=db:2,api:1 health=stable'],
    have: ['web - secrets=db:1,old:1 health=stable kept=1'],
  };
  const applied = { web: { 'user.pets.applied': '{"v":1}' } };
  const CHECK = 'guest.check web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web';
  const unhealthy = { [CHECK]: new FailedProgram({ code: 'health-failed', message: 'no' }, []) };
  const about = (calls: readonly string[]) => calls.filter((call) => /Secrets|restartLoaders/.test(call));

  test('is kept before they are marked, once for all runs until one of them has ended', async () => {
    const fresh = await run(world, { config: applied });
    const kept = 'guest.keepSecrets web db api old';
    expect(about(fresh.calls)[0]).toBe(kept);
    expect(fresh.calls[fresh.calls.indexOf(kept) + 1]).toBe('incus.setConfig web');
    const config = { web: { ...applied.web, 'user.pets.secrets': 'db gone' } };
    const again = await run(world, { config });
    expect(about(again.calls)[0]).toBe('guest.keepSecrets web db api old (db) (gone)');
    expect(again.configured.map((one) => one['user.pets.secrets'])).toContain('db gone api old');
  });

  test('is not kept where nothing was good yet', async () => {
    const { calls } = await run({ want: ['web - secrets=db:1'] });
    expect(about(calls)).toEqual(['guest.writeSecrets web db=0400,root', 'guest.forgetSecrets web all']);
  });

  test('is there again with what the upgrade is taken back to, before that starts', async () => {
    const { calls, configured, outcome } = await run(world, { config: applied, fails: unhealthy });
    const back = calls.slice(calls.findIndex((call) => call.startsWith(CHECK)));
    expect(about(back)).toEqual(['guest.revertSecrets web db api old', 'guest.forgetSecrets web db api old']);
    expect(back.indexOf('incus.start web')).toBeGreaterThan(
      back.indexOf('guest.forgetSecrets web db api old'),
    );
    expect(configured.filter((one) => 'user.pets.secrets' in one).at(-1)).toEqual({
      'user.pets.secrets': '',
    });
    expect(outcome.apps).toMatchObject([{ result: 'rolled-back', because: 'generation 1 serves' }]);
  });

  test('that could not be removed is told, and is no reason to fail', async () => {
    const fails = {
      ...unhealthy,
      'guest.forgetSecrets': new FailedProgram({ code: 'daemon-unreachable', message: 'no daemon' }, []),
    };
    const recorded = await run(world, { config: applied, fails });
    expect(recorded.outcome.apps).toMatchObject([{ result: 'rolled-back', because: 'generation 1 serves' }]);
    expect(JSON.stringify(recorded.events)).toContain('secrets of before could not be removed: no daemon');
  });

  test('also where nothing but a secret has changed', async () => {
    const only = { ...world, want: ['web - secrets=db:2 health=stable'] };
    const fails = {
      'guest.restartLoaders': new FailedProgram(
        { code: 'unit-failed', message: 'reader.service failed' },
        [],
      ),
    };
    const recorded = await run(only, { config: applied, fails });
    expect(results(recorded)).toEqual(['web rolled-back (web/restart-units: reader.service failed)']);
    expect(said(recorded, 'finished').filter((op) => op.endsWith('~back'))).toEqual(
      ['condemn', 'stop', 'revert-secrets', 'start', 'settle', 'check'].map((step) => `web/${step}~back`),
    );
  });

  test('that cannot be put back is told, and it serves all the same', async () => {
    const fails = { ...unhealthy, 'guest.revertSecrets': 'the disk is full' };
    const { outcome, calls } = await run(world, { config: applied, fails });
    const because = 'generation 1 serves, but putting back the secrets failed: the disk is full';
    expect(outcome.apps).toMatchObject([{ result: 'failed', because }]);
    expect(calls.at(-1)).toMatch(/^guest\.check web \/nix\/store\/z+-a-/);
  });

  test('that nobody has kept is not made up', async () => {
    const { outcome } = await run(world, { config: applied, fails: unhealthy, unkept: ['api'] });
    expect(outcome.apps[0]?.warnings).toEqual([
      'nobody knows what the secret `api` was before: it stays as it is',
    ]);
  });

  test('that cannot be removed when the upgrade is good is a warning', async () => {
    const { outcome } = await run(world, { config: applied, fails: { 'guest.forgetSecrets': 'gone' } });
    expect(outcome.apps).toMatchObject([
      { result: 'done', warnings: ['its secrets of before could not be removed: gone'] },
    ]);
  });

  test('is recorded as it was where what is wanted is held', async () => {
    const recorded = JSON.stringify({
      ...{ v: 1, generation: 1, toplevel: `/nix/store/${'0'.repeat(32)}-a` },
      facets: { secrets: { 'secret.db': 'v1:1 0400 root' } },
    });
    const held = {
      want: ['web 80 source=b secrets=db:2'],
      have: ['web 80 secrets=db:1 kept=1 devices=none'],
    };
    const { configured } = await run(
      { ...held, have: held.have.map((one) => `${one} condemned=b condemned-secrets=db:2`) },
      { config: { web: { 'user.pets.applied': recorded } } },
    );
    expect(configured.at(-1)?.['user.pets.applied']).toContain('"secrets":{"secret.db":"v1:1 0400 root"}');
  });
});
