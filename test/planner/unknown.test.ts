import { expect, test } from '@jest/globals';
import { UNKNOWN, type Facets } from '../../src/domain/facet.js';
import type { Desired } from '../../src/domain/desired.js';
import { currencyOf } from '../../src/planner/freshness.js';
import { planOf } from '../../src/planner/plan.js';
import { diffText } from '../../src/ui/index.js';
import { actualOf, desired } from './worlds.js';

const OPTIONS = { prune: false, recreate: false, retry: false, only: null };

function wanting(text: string, over: Facets): Desired {
  const { project, apps } = desired([text]);
  return { project, apps: apps.map((app) => ({ ...app, facets: { ...app.facets, ...over } })) };
}

test('a secret that could not be read is unknown, and nothing is done about it', () => {
  const there = actualOf({ want: [], have: ['web 80 secrets=db:1'] });
  const plan = planOf(wanting('web 80 secrets=db:1', { secrets: { 'secret.db': UNKNOWN } }), there, OPTIONS);
  expect(plan.operations).toEqual([]);
  expect(plan.apps).toMatchObject([
    {
      verb: 'unknown',
      changes: [{ facet: 'secrets', field: 'secret.db', kind: 'unknown', from: '0400 root', to: null }],
    },
  ]);
  const text = diffText(plan, { color: false });
  expect(text).toContain('? web  unknown  not all that it is made of could be read');
  expect(text).toMatch(/secret\.db +unknown +\(could not be read\)/);
  expect(text).toContain('1 unknown, 0 unchanged.');
  expect(text).not.toMatch(/none|No changes/);
});

test('what else there is to do is told beside it', () => {
  const there = actualOf({ want: [], have: ['web 80 secrets=db:1,api:1'] });
  const facets = { secrets: { 'secret.db': UNKNOWN, 'secret.api': 'v1:2 0400 root' } };
  const plan = planOf(wanting('web 81 secrets=db:1,api:1', facets), there, OPTIONS);
  expect(plan.apps[0]?.verb).toBe('secrets');
  expect(plan.operations.find(({ action }) => action.kind === 'push-secrets')?.action).toEqual({
    ...{ kind: 'push-secrets', put: ['api'], remove: [] },
  });
});

test('a source that could not be read is unknown: it is neither built nor called outdated', () => {
  const there = actualOf({ want: [], have: ['web 80'] });
  const [web] = desired(['web 80']).apps;
  const world = wanting('web 80', { system: { ...web?.facets.system, source: UNKNOWN } });
  const plan = planOf(world, there, OPTIONS);
  expect(plan.operations).toEqual([]);
  expect(diffText(plan, { color: false })).toMatch(/system\.source +unknown +\(could not be read\)/);
  const [app] = world.apps;
  const [pet] = there.apps;
  expect(app && pet && currencyOf(app, pet)).toBeNull();
});

test('of a new container it is no value either', () => {
  const plan = planOf(
    wanting('web 80', { secrets: { 'secret.db': UNKNOWN } }),
    actualOf({ want: [] }),
    OPTIONS,
  );
  expect(plan.apps[0]?.verb).toBe('create');
  expect(JSON.stringify(plan)).not.toContain(UNKNOWN);
});
