import { graceIn } from '../facets/meta.js';
import type { Actual, ActualApp } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';
import type { AppPlan, Operation, Plan } from '../domain/plan.js';
import type { Desired, DesiredApp } from '../domain/desired.js';
import { isOfPower, stopChange, STOPPED } from '../facets/power.js';
import { Chain } from './chain.js';
import { appOf, lastGood } from './target.js';
import { planOf } from './plan.js';

/** A plan, and the desired state that it brings about. */
export type Planned = { readonly plan: Plan; readonly desired: Desired };

type Names = ReadonlySet<AppName>;

/** Stops pets, those first that come `after` others; what an app is does not change. */
export function stopPlan(desired: Desired, actual: Actual, only: Names): Plan {
  const chosen = actual.apps.filter(({ name }) => only.has(name));
  return {
    version: 1,
    project: desired.project,
    apps: chosen.map((app) => (app.status === 'Stopped' ? unchangedApp(app.name) : stopApp(app))),
    operations: stops(
      chosen.filter(({ status }) => status !== 'Stopped'),
      desired,
    ),
    problems: [],
  };
}

/**
 * Starts pets that do not run as they were last applied, whatever the manifest says by now: exposures open when the
 * system is up, and it must be healthy. All of `only` must be `startable`.
 */
export function startPlan(desired: Desired, actual: Actual, only: Names): Planned {
  const running = actual.apps.filter(({ name, status }) => only.has(name) && status === 'Running');
  const others = new Set([...only].filter((name) => !running.some((app) => app.name === name)));
  const wanted = { ...desired, apps: desired.apps.map((app) => asApplied(app, others, actual)) };
  const plan = planOf(wanted, actual, { prune: false, recreate: false, retry: false, only: others });
  const apps = [...plan.apps, ...running.map(({ name }) => unchangedApp(name))].sort(byName);
  return { plan: { ...plan, apps }, desired: wanted };
}

/** As `startPlan`, of pets that are stopped first where they run. */
export function restartPlan(desired: Desired, actual: Actual, only: Names): Planned {
  const running = actual.apps.filter(({ name, status }) => only.has(name) && status !== 'Stopped');
  const stopping = stops(running, desired, 'it is to start again').map(noteFirst(running));
  const down = { ...actual, apps: actual.apps.map((app) => (running.includes(app) ? asStopped(app) : app)) };
  const { plan, desired: wanted } = startPlan(desired, down, only);
  const operations = plan.operations.map((op, i) => {
    const stop = stopping.find(({ app }) => app === op.app);
    const isFirst = plan.operations.findIndex(({ app }) => app === op.app) === i;
    return stop && isFirst ? { ...op, needs: [stop.id, ...op.needs] } : op;
  });
  const apps = plan.apps.map((app) =>
    stopping.some((stop) => stop.app === app.app) ? restartApp(app) : app,
  );
  return { plan: { ...plan, apps, operations: [...stopping, ...operations] }, desired: wanted };
}

/** Why a pet cannot be started as it was last applied, in words, and what can be done; null: it can. */
export function unstartable(
  name: AppName,
  desired: Desired,
  actual: Actual,
): { message: string; hint: string } | null {
  const there = actual.apps.find((app) => app.name === name);
  if (!there) return { message: 'there is no container for it yet', hint: `\`pets up ${name}\` makes it` };
  if (!desired.apps.some((app) => app.name === name)) {
    const hint = `put it there again and run \`pets up ${name}\`; \`pets rm ${name}\` removes it`;
    return { message: 'it is not in the manifest any more', hint };
  }
  if (lastGood(there) && there.state === 'ready') return null;
  const message = there.applied ? 'a run that was to change it has not ended' : 'it has never been up';
  return { message, hint: `\`pets up ${name}\` ends that` };
}

/** Secrets stay as they are in the guest: their sources need not even be there. */
function asApplied(app: DesiredApp, only: Names, { apps }: Actual): DesiredApp {
  const there = apps.find(({ name }) => name === app.name);
  const last = lastGood(there ?? null);
  if (!only.has(app.name) || !there?.applied || !last) return app;
  return { ...appOf(last, app, there), secrets: [], facets: there.applied.facets };
}

function stops(apps: readonly ActualApp[], desired: Desired, cause = 'as a person asked'): Operation[] {
  const own = apps.flatMap(({ name, applied }) => {
    const ops = new Chain(name);
    const wanted = desired.apps.find((app) => app.name === name);
    const graceMs = wanted?.stopTimeout ?? graceIn(applied?.facets);
    ops.then({ kind: 'stop', instance: name, graceMs }, cause, 'container');
    return ops.all;
  });
  return own.map((op) => {
    const dependents = desired.apps.filter(({ after }) => after.includes(op.app));
    const first = own.filter(({ app }) => dependents.some(({ name }) => name === app));
    return { ...op, after: first.map(({ id }) => id) };
  });
}

/** What fails in it already is noted, where it can be asked. */
function noteFirst(apps: readonly ActualApp[]): (op: Operation) => Operation {
  const asked = new Set(apps.filter(({ status }) => status === 'Running').map(({ name }) => name));
  return (op) =>
    op.action.kind === 'stop' && asked.has(op.app) ? { ...op, action: { ...op.action, baseline: true } } : op;
}

function asStopped(app: ActualApp): ActualApp {
  return { ...app, status: 'Stopped', facets: { ...app.facets, ...STOPPED } };
}

const nothing = {
  changes: [],
  interrupts: 'nothing',
  url: null,
  held: null,
  condemned: false,
  hold: null,
  notes: [],
} as const;

function unchangedApp(app: AppName): AppPlan {
  return { ...nothing, app, verb: 'unchanged' };
}

function stopApp(app: ActualApp): AppPlan {
  const changes = [stopChange(app)];
  return { ...nothing, app: app.name, verb: 'stop', changes, interrupts: 'container' };
}

function restartApp(app: AppPlan): AppPlan {
  const changes = app.changes.filter((change) => !isOfPower(change));
  return { ...app, verb: 'restart', changes, interrupts: 'container' };
}

function byName(a: AppPlan, b: AppPlan): number {
  return a.app < b.app ? -1 : 1;
}
