import { expect, test } from '@jest/globals';
import { Chain } from '../../src/planner/chain.js';
import { appName } from './worlds.js';

test('each needs the one before, and what else it is told', () => {
  const ops = new Chain(appName('web'));
  ops.then({ kind: 'make-folder', path: '/srv/x' }, 'it must be there');
  ops.then({ kind: 'create', store: 'copy' }, 'not there yet', 'nothing', [
    'db/settle',
    'web/make-folder:/srv/x',
  ]);
  expect(ops.all.map(({ id, needs }) => [id, ...needs])).toEqual([
    ['web/make-folder:/srv/x'],
    ['web/create', 'web/make-folder:/srv/x', 'db/settle'],
  ]);
});

test('a path that looks like a number of times is none', () => {
  const ops = new Chain(appName('web'));
  for (const path of ['/x~2', '/x', '/x']) ops.then({ kind: 'make-folder', path }, 'so');
  expect(new Set(ops.all.map(({ id }) => id)).size).toBe(3);
});

test('what happens again gets a number; what only has a longer name does not', () => {
  const ops = new Chain(appName('web'));
  for (const device of ['a', 'ab', 'a', 'a']) ops.then({ kind: 'detach', device }, 'so');
  ops.then({ kind: 'start', from: 'Stopped' }, 'so');
  ops.then({ kind: 'start', from: 'Stopped' }, 'so');
  expect(ops.all.map(({ id }) => id)).toEqual([
    'web/detach:a',
    'web/detach:ab',
    'web/detach:a~2',
    'web/detach:a~3',
    'web/start',
    'web/start~2',
  ]);
});
