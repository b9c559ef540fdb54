import { expect, test } from '@jest/globals';
import { FailedProgram } from '../../src/problem.js';
import { results, run } from './recording.js';

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
    'guest.settle web /nix/store/a-nixos-25.11-x86_64-linux 1000',
    'incus.setConfig web',
  ]);
  const [mark, record] = recorded.configured;
  expect(mark).toEqual({ 'user.pets.secrets': 'db api old' });
  expect(record?.['user.pets.secrets']).toBe('');
  expect(record?.['user.pets.applied']).toContain('"secrets":{"secret.db":"v1:2 0400 root"');
  expect(JSON.stringify([recorded.events, recorded.configured])).not.toContain('value of');
});

test('what a guest prints of its secrets goes no further', async () => {
  const failed = new FailedProgram({ message: 'it said hush' }, ['the password is hush']);
  const { events, configured } = await run(
    { want: ['web - source=b'], have: ['web - kept=1'] },
    { fails: { 'guest.settle': failed } },
  );
  const said = JSON.stringify([events, configured]);
  expect(said).toContain('the password is [secret]');
  expect(said).not.toContain('hush');
});
