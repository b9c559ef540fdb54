import { describe, expect, test } from '@jest/globals';
import { missingExposures, unreachedWords } from '../../src/facets/exposure.js';
import { actual } from '../planner/worlds.js';

function there(have: string) {
  const [app] = actual([have]).apps;
  if (!app) throw new Error('nothing is there');
  return app;
}

describe('an exposure is missing', () => {
  test.each([
    ['none, as applied', 'web 80', []],
    ['none, and one too many', 'web 80 devices=web:80,web-2:81', []],
    ['none, for nothing is exposed', 'web', []],
    ['whose device is gone', 'web 80 devices=none', ['127.0.0.1:80']],
    ['that leads elsewhere', 'web 80 devices=web:90', ['127.0.0.1:80']],
    ['of several', 'web 80 publish=53/udp>53 devices=web:80', ['127.0.0.1:53/udp']],
    ['none, of what no run has brought up whole', 'web 80 devices=none record=none', []],
  ])('%s', (_, have, missing) => {
    expect(missingExposures(there(have))).toEqual(missing);
  });

  test.each([
    ['web 80', null],
    ['web 80 devices=none', 'not exposed at 127.0.0.1:80'],
    ['web 80 forwarder=dead', 'not listening'],
  ])('in words: %s', (have, words) => {
    expect(unreachedWords(there(have))).toBe(words);
  });
});
