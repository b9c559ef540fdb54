import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AppName } from '../../src/domain/names.js';
import type { Desired } from '../../src/domain/desired.js';
import type { Operation, Plan } from '../../src/domain/plan.js';
import { planOf } from '../../src/planner/plan.js';
import { printPlan } from '../../src/planner/print.js';
import { cases, NAMES, picker, places, planFor, startOf, withFolders, type Case } from './cases.js';
import { Machine, orderOf } from './simulation.js';
import { actual, actualOf, applied, desired, unfolded, volumesOf } from './worlds.js';
import { examples } from '../sample.js';

const RUNS = examples(120, 12);

function machineFor({ world, wanted }: Case): Machine {
  return new Machine(actualOf(world), wanted);
}

/** Carries out some operations; what went wrong is told with the plan they are of. */
function carryOut(machine: Machine, operations: readonly Operation[], plan: Plan): void {
  for (const op of operations) {
    try {
      machine.carryOut(op);
    } catch (error) {
      throw new Error(`${op.id}: ${String(error)}\n${printPlan(plan)}`, { cause: error });
    }
  }
}

/** Whose root disk a plan may delete. */
function deletes({ apps }: Plan): AppName[] {
  return apps.filter((app) => app.verb === 'destroy' || app.verb === 'recreate').map((app) => app.app);
}

function mustBeSound(plan: Plan): void {
  const ids = plan.operations.map((op) => op.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(
    plan.operations.flatMap((op) => [...op.needs, ...op.after]).filter((id) => !ids.includes(id)),
  ).toEqual([]);
  for (const { needs, after } of plan.operations) {
    expect(new Set([...needs, ...after]).size).toBe(needs.length + after.length);
  }
  const forward = plan.operations.filter(({ phase }) => phase === 'forward');
  expect(orderOf(plan, () => 0)).toEqual(expect.arrayContaining(forward));
  const known = plan.operations.flatMap((op) => (op.phase === 'rollback' ? op.rescues : []));
  expect(known.filter((id) => !forward.some((op) => op.id === id))).toEqual([]);
  for (const { needs, after } of forward)
    expect([...needs, ...after].filter((id) => id.endsWith('~back'))).toEqual([]);
}

describe('for any manifest and any machine', () => {
  test('the plan is the same each time', () => {
    fc.assert(
      fc.property(cases, (one) => {
        expect(planFor(startOf(one))).toEqual(planFor(startOf(one)));
      }),
      RUNS,
    );
  });

  test('operations have names of their own, wait only for what is in the plan, and for nothing in a ring', () => {
    fc.assert(
      fc.property(cases, (one) => {
        mustBeSound(planFor(startOf(one)));
      }),
      RUNS,
    );
  });

  test('so it is of a rollback by hand, to each generation, with its data and without', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), (one, data) => {
        const { wanted, there } = startOf(one);
        const goals = there.apps.flatMap(({ name, generations }) =>
          generations.map((generation) => ({ only: new Set([name]), rollback: { generation, data } })),
        );
        for (const goal of goals)
          mustBeSound(planOf(wanted, there, { prune: false, recreate: false, retry: false, ...goal }));
      }),
      examples(400, 12),
    );
  });

  test('what was applied needs nothing, whatever is kept of earlier', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const wanted = withFolders(one.wanted, () => true);
        const { apps } = wanted;
        const volumes = [...apps.flatMap(volumesOf), ...kept('old', '1GiB'), ...kept(apps[0]?.name, '9GiB')];
        const there = actual([], { apps: apps.map(applied), volumes });
        const plan = planFor({ wanted, there });
        expect({ operations: plan.operations, problems: plan.problems }).toEqual({
          operations: [],
          problems: [],
        });
        expect(plan.apps.filter((app) => app.verb !== 'unchanged' || app.changes.length > 0)).toEqual([]);
        expect(plan.apps.flatMap((app) => app.notes)).toEqual([]);
      }),
      RUNS,
    );
  });
});

/** Nobody is in the way of anybody: what is not pruned keeps its ports. */
function unexposed({ world, ...one }: Case): Case {
  const have = world.have?.map((text) => text.replace(/^(\S+) \S+/, '$1 -').replace(/ publish=\S+/, ''));
  return { ...one, world: { ...world, have: have ?? [] } };
}

/** Only what a run of a manifest with renames can find: nobody has the other name, nor is about to. */
function renames(one: Case): Case {
  const { world } = unexposed(one);
  const have = (world.have ?? []).filter((text) => !/^\S+2 /.test(text));
  const want = world.want.map((text) =>
    text.replace(/^(\S+) \S+/, '$1 -').replace(/ (publish|store)=\S+/g, ''),
  );
  return {
    ...one,
    world: { ...world, want, have: have.map((text) => text.replace(/ becoming=\S+/, '')) },
    wanted: desired(want),
  };
}

/** The manifest with the former names again. `isSaid`: it says that the other ones were theirs. */
function reverted({ world }: Case, isSaid: boolean): Desired {
  return desired(
    world.want.map((text) => {
      const [name = '', ...words] = text
        .replace(/ was=\S+/, '')
        .replace(/\b([a-e])2\b/g, '$1')
        .split(' ');
      const was = isSaid && text.includes(' was=') ? [`was=${name}2`] : [];
      return [name, ...words, ...was].join(' ');
    }),
  );
}

/** A volume that no manifest of these cases asks for. */
function kept(app = 'nobody', size: string) {
  const name = `homelab.${app}.attic`;
  return [{ pool: 'default', name, app, volume: 'attic', size, copies: false, usedBy: [] }];
}

describe('carried out in any order that the plan allows', () => {
  test('nothing is refused, the machine ends as the manifest says, and nothing is left to do', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const machine = machineFor(one);
        const plan = planFor(startOf(one));
        expect(plan.problems).toEqual([]);
        carryOut(machine, orderOf(plan, picker(one.picks)), plan);
        expect(machine.faults()).toEqual([]);
        expect(printPlan(planFor(machine.now()))).not.toMatch(/^\[/m);
      }),
      RUNS,
    );
  });

  test('killed anywhere: the next plan finishes it; no volume is lost, and no root disk that need not be', () => {
    fc.assert(
      fc.property(cases, fc.nat(), (one, after) => {
        const machine = machineFor(one);
        const before = machine.volumes();
        const plan = planFor(startOf(one));
        const order = orderOf(plan, picker(one.picks));
        carryOut(machine, order.slice(0, after % (order.length + 1)), plan);
        const rest = planFor(machine.now());
        expect(rest.problems).toEqual([]);
        carryOut(machine, orderOf(rest, picker(one.picks)), rest);
        expect(machine.faults()).toEqual([]);
        expect(printPlan(planFor(machine.now()))).not.toMatch(/^\[/m);
        expect(machine.volumes()).toEqual(expect.arrayContaining(before));
        const allowed = new Set([...deletes(plan), ...deletes(rest)]);
        expect(machine.lost.filter(({ app }) => !allowed.has(app))).toEqual([]);
      }),
      RUNS,
    );
  });

  test('an app keeps its volumes, each the one it had, and its root disk, whatever becomes of its name', () => {
    fc.assert(
      fc.property(cases.map(unexposed), (one) => {
        const { there } = startOf(one);
        const machine = machineFor(one);
        const roots = machine.roots();
        const plan = planFor({ wanted: one.wanted, there }, false);
        carryOut(machine, orderOf(plan, picker(one.picks)), plan);
        expect(machine.lost).toEqual([]);
        expect(machine.roots()).toEqual(expect.arrayContaining(roots));
        const now = machine.observed().volumes;
        for (const { name, was, volumes } of one.wanted.apps) {
          const { held, changes } = plan.apps.find((app) => app.app === name) ?? { held: null, changes: [] };
          const isHeld = held !== null;
          // Of an app that is gone its volumes are left.
          const left = there.apps.some((a) => a.name === was || a.name === name) ? undefined : was;
          const former = changes.find((c) => c.facet === 'meta' && c.field === 'name')?.from ?? left;
          for (const { name: volume } of isHeld ? [] : volumes) {
            const named = (app: string | null | undefined) =>
              there.volumes.find((v) => v.volume === volume && v.app === app);
            const had = named(name) ?? named(former);
            const has = now.find((v) => v.app === name && v.volume === volume);
            expect(has?.name).toBe(had?.name ?? `homelab.${name}.${volume}`);
          }
        }
      }),
      RUNS,
    );
  });

  test('a rename that was cut short anywhere, and is not wanted any more, is taken back', () => {
    fc.assert(
      fc.property(cases.map(renames), fc.nat(), fc.boolean(), (one, after, isSaid) => {
        const machine = machineFor(one);
        const [volumes, roots, there] = [machine.volumes(), machine.roots(), machine.observed()];
        const plan = planFor(startOf(one), false);
        const order = orderOf(plan, picker(one.picks));
        // Whose name has changed for good is only found by `was`.
        const renamed = order.findIndex(({ action }) => action.kind === 'rename');
        const last = isSaid || renamed === -1 ? order.length : renamed;
        const end = after % (last + 1);
        carryOut(machine, order.slice(0, end), plan);
        const next = order[end];
        if (next) machine.cutShort(next);

        machine.want(reverted(one, isSaid));
        for (let turn = 0; turn < 2; turn++) {
          const rest = planFor(machine.now(), false);
          expect(rest.problems).toEqual([]);
          if (turn > 0) expect(printPlan(rest)).not.toMatch(/^\[/m);
          carryOut(machine, orderOf(rest, picker(one.picks)), rest);
        }
        expect(machine.lost).toEqual([]);
        expect(machine.roots()).toEqual(expect.arrayContaining(roots));
        expect(machine.volumes()).toEqual(expect.arrayContaining(volumes));
        const names = there.apps.map(({ name }) => `${name}2`);
        expect(machine.profiles().filter((app) => names.includes(app))).toEqual([]);
        expect(machine.observed().volumes.filter(({ app }) => names.includes(app))).toEqual([]);
      }),
      examples(400, 12),
    );
  });

  test('to ports that nobody has: whoever was reachable stays so all the time', () => {
    fc.assert(
      fc.property(places, places, fc.array(fc.nat(), { minLength: 1 }), (from, to, picks) => {
        const have = NAMES.map((name, i) => `${name} ${from[i] ?? '-'}`);
        const want = NAMES.map((name, i) => `${name} ${(to[i] ?? '-').replace(/:8(\d)$/, ':9$1')}`);
        const one = { world: { want, have }, wanted: desired(want), picks };
        const reachable = one.wanted.apps.filter((app, i) => app.listen && !have[i]?.endsWith('-'));
        const machine = machineFor(one);
        for (const op of orderOf(planFor(startOf(one)), picker(picks))) {
          machine.carryOut(op);
          for (const app of reachable) expect(machine.app(app.name)?.exposures).not.toEqual([]);
        }
      }),
      RUNS,
    );
  });
});

test('a plan says as text all that it orders, with ways back spelled out or not', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const plan = planFor(startOf(one));
      const text = printPlan(plan, { wayBack: 'spelled out' });
      expect(text).not.toMatch(/[#~?]\?|\?0/);
      expect(text.match(/^\[/gm) ?? []).toHaveLength(plan.operations.length);
      // Each way back is one line: whatever begins with a memory of what failed has more than one step.
      expect(printPlan(plan)).not.toContain('/condemn~back');
      expect(unfolded(printPlan(plan))).toBe(text);
    }),
    RUNS,
  );
});
