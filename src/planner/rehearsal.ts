import type { ActionKind } from '../domain/action.js';
import type { AppPlan, Operation, Plan } from '../domain/plan.js';

const BEFORE: readonly ActionKind[] = ['lock', 'evaluate', 'build'];

/** Of a plan that rehearses what comes to that, and no more; of a refusal it is still remembered that it was one. */
export function rehearsalsOf(plan: Plan): Plan {
  const rehearsals = new Map(
    plan.operations.flatMap((op) => (op.action.kind === 'rehearse' ? [[op.app, op.id] as const] : [])),
  );
  const operations = plan.operations.flatMap((op): Operation[] => {
    const rehearsal = rehearsals.get(op.app);
    if (rehearsal === undefined) return [];
    if (op.phase === 'rollback')
      return op.action.kind === 'condemn' && op.rescues.includes(rehearsal)
        ? [{ ...op, rescues: [rehearsal] }]
        : [];
    return op.id === rehearsal || BEFORE.includes(op.action.kind) ? [op] : [];
  });
  const kept = new Set(operations.map(({ id }) => id));
  const among = (ids: Operation['needs']) => ids.filter((id) => kept.has(id));
  return {
    ...plan,
    apps: plan.apps.map((app) => appOf(app, rehearsals.has(app.app))),
    operations: operations.map((op) => ({ ...op, needs: among(op.needs), after: among(op.after) })),
  };
}

function appOf(app: AppPlan, isRehearsed: boolean): AppPlan {
  if (isRehearsed) return { ...app, verb: 'rehearse', interrupts: 'nothing', notes: [] };
  if (app.held !== null) return app;
  if (app.verb === 'create' || app.verb === 'recreate')
    return { ...app, held: 'nothing serves yet that could be spared', notes: [] };
  return { ...app, verb: 'unchanged', changes: [], interrupts: 'nothing', notes: [] };
}
