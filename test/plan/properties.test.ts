import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { overlaps } from '../../src/listen.js';
import type { Actual, Desired, Listen, Plan } from '../../src/model.js';
import { planOf } from '../../src/plan/plan.js';
import { printPlan } from '../../src/plan/print.js';
import { Machine, orderOf } from './simulation.js';
import { actual, applied, at, desired, found } from './worlds.js';

const RUNS = { numRuns: 150 };
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const PLACES = ['127.0.0.1', '127.0.0.2', '0.0.0.0', '[::]'].flatMap((host) =>
  [80, 81, 82, 83].map((port) => `${host}:${port}`),
);

type Case = {
  readonly want: readonly string[];
  readonly have: readonly string[];
  readonly picks: readonly number[];
};

/** One place for each app, none in the way of another: what a manifest may ask for, and a machine may have. */
const places = fc.shuffledSubarray(PLACES, { minLength: PLACES.length }).chain((shuffled) => {
  const open: Listen[] = [];
  const free = shuffled.filter((place) => {
    const fits = !open.some((other) => overlaps(other, at(place)));
    if (fits) open.push(at(place));
    return fits;
  });
  return fc
    .array(fc.boolean(), { minLength: NAMES.length, maxLength: NAMES.length })
    .map((exposed) => exposed.map((is, i) => (is ? (free[i] ?? '-') : '-')));
});

const eachApp = <T>(one: fc.Arbitrary<T>) =>
  fc.array(one, { minLength: NAMES.length, maxLength: NAMES.length });
const weighted = fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.constant(' source=b'));
const fate = fc.constantFrom(
  '',
  '',
  '',
  ' status=Stopped',
  ' status=Frozen',
  ' state=creating',
  ' record=none',
  null,
);

/** Up to six apps that move to other ports, some not running, half-made, gone or new. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    to: places,
    from: places,
    sources: eachApp(weighted),
    fates: eachApp(fate),
    wanted: fc.subarray(NAMES),
    picks: fc.array(fc.nat(), { minLength: 100, maxLength: 100 }),
  })
  .map(({ to, from, sources, fates, wanted, picks }) => ({
    want: NAMES.map((name, i) => `${name} ${to[i] ?? '-'}${sources[i] ?? ''}`).filter((text) =>
      wanted.includes(text.charAt(0)),
    ),
    have: NAMES.flatMap((name, i) => {
      const state = fates[i] ?? null;
      return state === null ? [] : [`${name} ${from[i] ?? '-'}${state}`];
    }),
    picks,
  }));

function pruned(wanted: Desired, there: Actual): Plan {
  return planOf(wanted, there, { prune: true, only: null });
}

function picker(picks: readonly number[]): (count: number) => number {
  let turn = 0;
  return (count) => (picks[turn++ % picks.length] ?? 0) % Math.max(1, count);
}

describe('for any manifest and any machine', () => {
  test('the plan is the same each time', () => {
    fc.assert(
      fc.property(cases, ({ want, have }) => {
        const once = pruned(desired(want), actual(have));
        expect(pruned(desired(want), actual(have))).toEqual(once);
      }),
      RUNS,
    );
  });

  test('operations have names of their own, wait only for what is in the plan, and for nothing in a ring', () => {
    fc.assert(
      fc.property(cases, ({ want, have }) => {
        const plan = pruned(desired(want), actual(have));
        const ids = plan.operations.map((op) => op.id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(
          plan.operations.flatMap((op) => [...op.needs, ...op.after]).filter((id) => !ids.includes(id)),
        ).toEqual([]);
        expect(orderOf(plan, () => 0)).toHaveLength(ids.length);
      }),
      RUNS,
    );
  });

  test('what was applied needs nothing', () => {
    fc.assert(
      fc.property(cases, ({ want }) => {
        const wanted = desired(want);
        const { operations, problems, apps } = pruned(wanted, actual([], { apps: wanted.apps.map(applied) }));
        expect({ operations, problems }).toEqual({ operations: [], problems: [] });
        expect(apps.filter((app) => app.verb !== 'unchanged' || app.changes.length > 0)).toEqual([]);
      }),
      RUNS,
    );
  });
});

describe('carried out in any order that the plan allows', () => {
  test('no port is ever open twice, and the machine ends as the manifest says', () => {
    fc.assert(
      fc.property(cases, ({ want, have, picks }) => {
        const wanted = desired(want);
        const machine = new Machine(actual(have), wanted);
        const plan = pruned(wanted, actual(have));
        for (const op of orderOf(plan, picker(picks))) machine.carryOut(op);
        expect(machine.isAsDesired()).toBe(true);
        expect(pruned(wanted, machine.observed()).operations).toEqual([]);
      }),
      RUNS,
    );
  });

  test('killed anywhere: the next plan finishes it', () => {
    fc.assert(
      fc.property(cases, fc.nat(), ({ want, have, picks }, after) => {
        const wanted = desired(want);
        const machine = new Machine(actual(have), wanted);
        const order = orderOf(pruned(wanted, actual(have)), picker(picks));
        for (const op of order.slice(0, after % (order.length + 1))) machine.carryOut(op);
        const rest = pruned(wanted, machine.observed());
        expect(rest.problems).toEqual([]);
        for (const op of orderOf(rest, picker(picks))) machine.carryOut(op);
        expect(machine.isAsDesired()).toBe(true);
      }),
      RUNS,
    );
  });

  test('to ports that nobody has: whoever was reachable stays so all the time', () => {
    fc.assert(
      fc.property(places, places, fc.array(fc.nat(), { minLength: 1 }), (from, to, picks) => {
        const have = NAMES.map((name, i) => `${name} ${from[i] ?? '-'}`);
        const want = NAMES.map((name, i) => `${name} ${(to[i] ?? '-').replace(/:8(\d)$/, ':9$1')}`);
        const wanted = desired(want);
        const reachable = wanted.apps.filter((app, i) => app.listen && !have[i]?.endsWith('-'));
        const machine = new Machine(actual(have), wanted);
        for (const op of orderOf(pruned(wanted, actual(have)), picker(picks))) {
          machine.carryOut(op);
          for (const app of reachable) expect(machine.app(app.name)?.exposures).not.toEqual([]);
        }
      }),
      RUNS,
    );
  });
});

test('a plan says as text all that it orders', () => {
  fc.assert(
    fc.property(cases, ({ want, have }) => {
      const plan = pruned(desired(want), { ...actual([]), apps: have.map(found) });
      expect(printPlan(plan)).not.toContain('?');
      expect(printPlan(plan).match(/^\[/gm) ?? []).toHaveLength(plan.operations.length);
    }),
    RUNS,
  );
});
