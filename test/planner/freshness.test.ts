import { expect, test } from '@jest/globals';
import { currencyOf } from '../../src/planner/freshness.js';
import { actual, wanted } from './worlds.js';

test.each([
  ['as applied', 'web 7700', 'web 7700', 'current'],
  ['another port only', 'web 7701', 'web 7700', 'current'],
  ['stopped', 'web 7700', 'web 7700 status=Stopped', 'current'],
  ['another source', 'web 7700 source=b', 'web 7700', 'outdated'],
  ['another nixpkgs', 'web 7700 nixpkgs=b', 'web 7700', 'outdated'],
  ['never up', 'web 7700', 'web 7700 state=creating record=none', 'stale'],
  ['half upgraded', 'web 7700 source=b', 'web 7700 state=upgrading', 'stale'],
  ['tried and held', 'web 7700 source=b', 'web 7700 kept=1 condemned=b', 'stale'],
  ['held, and another port', 'web 7701 source=b', 'web 7700 kept=1 condemned=b', 'stale'],
  [
    'tried and held, with secrets, which nobody reads here',
    'web 7700 source=b',
    'web 7700 secrets=db:1 kept=1 condemned=b',
    'stale',
  ],
  ['tried, and changed since', 'web 7700 source=c', 'web 7700 condemned=b', 'outdated'],
  ['rolled forward again', 'web 7700 source=b', 'web 7700 source=b condemned=b', 'current'],
  ['tried, held, and given up', 'web 7700', 'web 7700 condemned=b', 'current'],
])('%s', (_, want, have, currency) => {
  const [there] = actual([have]).apps;
  if (!there) throw new Error('nothing is there');
  expect(currencyOf(wanted(want), there)).toBe(currency);
});
