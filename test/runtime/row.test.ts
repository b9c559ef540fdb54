import { expect, test } from '@jest/globals';
import { healthWords, powerWords, rowOf } from '../../src/runtime/row.js';
import { actual } from '../planner/worlds.js';

/** A pet whose generation was found healthy, and what has become of it since. */
function found(have: string) {
  const [app] = actual([`${have} kept=1`]).apps;
  if (!app) throw new Error('nothing is there');
  return { ...app, generations: app.generations.map((one) => ({ ...one, healthy: 'http 200' })) };
}

test.each([
  ['as it was found', 'web 80', 'running', 'http 200', 'healthy'],
  [
    'with a port of two',
    'web 80 publish=53/udp>53 devices=web:80',
    'not exposed at 127.0.0.1:53/udp',
    null,
    '-',
  ],
  ['without its port', 'web 80 devices=none', 'not exposed at 127.0.0.1:80', null, '-'],
  ['with a forwarder that has died', 'web 80 forwarder=dead', 'not listening', null, '-'],
  ['stopped', 'web 80 status=Stopped', 'stopped', null, '-'],
])('a healthy app %s', (_, have, state, health, word) => {
  const app = found(have);
  const row = rowOf(app, null);
  expect(row.state).toContain(state);
  // What `top` says of it.
  expect(powerWords(app)).toContain(state);
  expect([row.health, healthWords(row)]).toEqual([health, word]);
});

test('one that nobody checks says so where it is reached', () => {
  const [app] = actual(['web 80']).apps;
  if (!app) throw new Error('nothing is there');
  expect(healthWords(rowOf(app, null))).toBe('not checked');
});
