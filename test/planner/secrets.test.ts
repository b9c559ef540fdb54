import { describe, expect, test } from '@jest/globals';
import type { ActualApp } from '../../src/domain/actual.js';
import { planOf } from '../../src/planner/plan.js';
import { printPlan } from '../../src/planner/print.js';
import { actual, actualOf, desired, golden, planned, shown } from './worlds.js';

describe('a secret', () => {
  test('of a new container is there before it starts', () => {
    expect(shown({ want: ['web - secrets=db:1'] })).toBe(
      golden(`
        web: create
        [1] web/evaluate, not there yet
        [2] #1 web/build, not there yet
        [3] #2 web/set-profile, not there yet
        [4] #3 web/create, not there yet
        [5] #4 web/push-secrets, not there yet
        [6] #5 web/start, just created
        [7] #6 web/settle, the app must run the system it was given
        [8] #7 web/record, as the manifest says: power, system, secrets, meta
      `),
    );
  });

  test('that changes restarts what loads it', () => {
    expect(shown({ want: ['web 80 secrets=db:2,api:1'], have: ['web 80 secrets=db:1,api:1'] })).toBe(
      golden(`
        web: secrets
        [1] web/push-secrets, secret db changed
        [2] #1 web/restart-units, secret db changed !service
        [3] #2 web/settle, the app must run the system it was given
        [4] #3 web/record, as the manifest says: secrets
      `),
    );
    const [push, restart] = planned({
      want: ['web secrets=db:2,api:1'.replace(' ', ' - ')],
      have: ['web - secrets=db:1,api:1,old:1'],
    }).operations;
    expect([push?.action, restart?.action]).toEqual([
      { kind: 'push-secrets', put: ['db'], remove: ['old'] },
      { kind: 'restart-units', secrets: ['db', 'old'] },
    ]);
  });

  test('whose mode changes is written again, and nothing is restarted', () => {
    expect(shown({ want: ['web 80 secrets=db:1@0440/web'], have: ['web 80 secrets=db:1'] })).toBe(
      golden(`
        web: secrets
        [1] web/push-secrets, secret db changed
        [2] #1 web/own-secrets, they belong to users of the guest
        [3] #2 web/settle, the app must run the system it was given
        [4] #3 web/record, as the manifest says: secrets
      `),
    );
  });

  test('that changes with the system is there when the guest is switched', () => {
    const plan = shown({ want: ['web - source=b secrets=db:2'], have: ['web - secrets=db:1'] });
    const kinds = [...plan.matchAll(/web\/([a-z-]+),/g)].map((match) => match[1]);
    expect(kinds.slice(2)).toEqual([
      ...['set-profile', 'push-secrets', 'activate', 'restart-units', 'settle', 'record', 'collect'],
    ]);
  });

  test('of a stopped container is written before it starts, and nothing is restarted', () => {
    expect(shown({ want: ['web - secrets=db:2'], have: ['web - secrets=db:1 status=Stopped'] })).toBe(
      golden(`
        web: start
        [1] web/push-secrets, secret db changed
        [2] #1 web/start, it is stopped
        [3] #2 web/settle, the app must run the system it was given
        [4] #3 web/record, as the manifest says: power, secrets
      `),
    );
  });

  test('goes along with a renamed container', () => {
    const plan = shown({ want: ['new - was=old secrets=db:1'], have: ['old - secrets=db:1'] });
    expect(plan).toContain('new/take-secrets, it was old');
    expect(plan).not.toContain('push-secrets');
  });

  test('that a run has touched without an end is written again, also when it is as last applied', () => {
    const there = actualOf({ want: [], have: ['web - secrets=db:1'] });
    const unsure = (app: ActualApp): ActualApp => ({
      ...app,
      facets: { ...app.facets, secrets: { 'secret.db': 'unfinished', 'secret.gone': 'unfinished' } },
    });
    const world = actual([], { apps: there.apps.map(unsure) });
    const plan = planOf(desired(['web - secrets=db:1']), world, {
      prune: false,
      recreate: false,
      retry: false,
      only: null,
    });
    expect(plan.operations[0]?.action).toEqual({ kind: 'push-secrets', put: ['db'], remove: ['gone'] });
    expect(printPlan(plan)).toContain('web/restart-units');
  });

  test('that was tried with what is held is not there again: what serves keeps its own', () => {
    const tried = 'web 80 secrets=db:1 kept=1 condemned=b condemned-secrets=db:2';
    const held = { want: ['web 80 source=b secrets=db:2'], have: [tried] };
    expect(shown(held)).toMatch(
      /^web: rebuild \(held: tried before: it broke .*; generation 1 serves; .*\)$/,
    );
    // A way back was cut short, or could not put it back.
    expect(shown({ ...held, have: [`${tried} touched=db,api`] })).toBe(
      golden(`
        web: secrets
        [1] web/revert-secrets, secret db changed, secret api removed
        [2] #1 web/push-secrets, secret db changed, secret api removed
        [3] #2 web/restart-units, secret db changed, secret api removed !service
        [4] #3 web/settle, the app must run the system it was given
        [5] #4 web/record, as the manifest says: secrets
        [6-12] ?3-4 web back to generation 1: condemn stop revert-secrets?2-4 unexpose:web start settle expose:web
      `),
    );
  });

  test('goes back alone where nothing has loaded it yet', () => {
    expect(shown({ want: ['web - secrets=db:1@0440/web'], have: ['web - secrets=db:1 kept=1'] })).toBe(
      golden(`
        web: secrets
        [1] web/push-secrets, secret db changed
        [2] #1 web/own-secrets, they belong to users of the guest
        [3] #2 web/settle, the app must run the system it was given
        [4] #3 web/record, as the manifest says: secrets
        [5-6] ?3 web back to generation 1: condemn revert-secrets?1-3
      `),
    );
  });

  test('has its fingerprint nowhere in the plan', () => {
    for (const have of [[], ['web - secrets=db:abc1,old:abc3']]) {
      const plan = planned({ want: ['web - secrets=db:abc2'], have });
      expect(JSON.stringify(plan)).toContain('secret.db');
      expect(JSON.stringify(plan)).not.toContain('abc');
    }
  });
});
