import { describe, expect, test } from '@jest/globals';
import { pickRun } from '../../../src/cli/commands/runs.js';
import { stateDirectory } from '../../../src/state/folders.js';
import { EXIT, ProblemError } from '../../../src/domain/problem.js';

const IDS = ['20261122T080000Z-0001', '20261121T193000Z-4f2a', '20261121T120000Z-0001'];

describe('which run is meant', () => {
  test.each([
    ['last', IDS[0]],
    ['20261122', IDS[0]],
    ['20261121T19', IDS[1]],
    [IDS[2] ?? '', IDS[2]],
  ])('%s', (given, id) => {
    expect(pickRun(given, IDS)).toBe(id);
  });

  test.each([
    ['lats', IDS, 'there is no run `lats`', 'did you mean `last`?'],
    ['20261121T193000Z-4f2b', IDS, 'there is no run', `did you mean \`${IDS[1] ?? ''}\`?`],
    ['2025', IDS, 'there is no run', `the newest is ${IDS[0] ?? ''}`],
    ['20261121', IDS, '`20261121` fits 2 runs', IDS[1] ?? ''],
    ['', IDS, 'there is no run', 'the newest is'],
    ['last', [], 'no run of this project is recorded', 'pets up'],
  ])('`%s` of %j: %s', (given, ids, message, hint) => {
    let thrown: unknown;
    try {
      pickRun(given, ids);
    } catch (error) {
      thrown = error;
    }
    if (!(thrown instanceof ProblemError)) throw new Error('it should have been a problem');
    expect(thrown.exitCode).toBe(EXIT.usage);
    expect(thrown.problems[0]?.message).toContain(message);
    expect(thrown.problems[0]?.hint).toContain(hint);
  });
});

describe('where state is kept', () => {
  const home = { HOME: '/home/me' };
  test.each([
    [{ ...home, PETS_STATE_DIR: '/x', XDG_STATE_HOME: '/y' }, 0, '/x/p'],
    [{ ...home, PETS_STATE_DIR: '', XDG_STATE_HOME: '/y' }, 1000, '/y/pets/p'],
    [{ ...home, XDG_STATE_HOME: '/y' }, 0, '/y/pets/p'],
    [{ ...home, XDG_STATE_HOME: 'y' }, 1000, '/home/me/.local/state/pets/p'],
    [home, 1000, '/home/me/.local/state/pets/p'],
    [home, 0, '/var/lib/pets/p'],
  ])('%j, uid %d: %s', (env, uid, path) => {
    expect(stateDirectory(env, 'p', uid)).toBe(path);
  });
});
