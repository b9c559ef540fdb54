import equal from 'fast-deep-equal';
import type { AppName } from '../domain/names.js';
import type { Operation, Plan } from '../domain/plan.js';
import { printPlanRecord } from '../domain/plan-record.js';

/** The apps that a plan does something to. */
export function changedApps({ operations }: Plan): ReadonlySet<AppName> {
  return new Set(operations.map(({ app }) => app));
}

/** A plan without what it would do to other apps: what waits for one of these waits no longer. */
export function partFor(plan: Plan, apps: ReadonlySet<string>): Plan {
  const operations = plan.operations.filter(({ app }) => apps.has(app));
  const ids = new Set(operations.map(({ id }) => id));
  const kept = (list: readonly string[]) => list.filter((id) => ids.has(id));
  return {
    ...plan,
    apps: plan.apps.filter(({ app }) => apps.has(app)),
    operations: operations.map((one) => ({ ...one, needs: kept(one.needs), after: kept(one.after) })),
    problems: plan.problems.filter(({ app }) => app === undefined || apps.has(app)),
  };
}

/** The first operation, or app, of which two plans do not say the same; null: they come to the same. */
export function firstDifference(one: Plan, other: Plan): string | null {
  const [left, right] = [plainly(one), plainly(other)];
  const ids = [...new Set([...left.keys(), ...right.keys()])].sort();
  return ids.find((id) => !equal(left.get(id), right.get(id))) ?? null;
}

/** As JSON has them: where a field is undefined there is none. Operations that need not wait have no order. */
function plainly(plan: Plan): ReadonlyMap<string, unknown> {
  const { apps, operations } = JSON.parse(JSON.stringify(printPlanRecord(plan))) as Plain;
  return new Map<string, unknown>([
    ...apps.map((app) => [app.app, app] as const),
    ...operations.map((op) => [op.id, op] as const),
  ]);
}

type Plain = {
  readonly apps: readonly { readonly app: string }[];
  readonly operations: readonly Pick<Operation, 'id'>[];
};
