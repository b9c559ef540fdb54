import type { AppOutcome, AppResult, Outcome, OperationOutcome } from '../domain/outcome.js';
import type { AppPlan, OpId, Operation, Plan } from '../domain/plan.js';
import { servedBy, wayBackOf } from './rolled-back.js';

/** Pure: what became of each app of the plan. */
export function outcomeOf(
  plan: Plan,
  ended: ReadonlyMap<OpId, OperationOutcome>,
  interrupted: boolean,
): Outcome {
  return {
    apps: plan.apps.map((app) =>
      appOutcome(
        app,
        plan.operations.filter((op) => op.app === app.app),
        ended,
      ),
    ),
    interrupted,
  };
}

/** Of what comes to these, what the plan notes is true. */
const TOLD: ReadonlySet<AppResult> = new Set(['done', 'held', 'condemned']);

function appOutcome(
  app: AppPlan,
  operations: readonly Operation[],
  ended: ReadonlyMap<OpId, OperationOutcome>,
): AppOutcome {
  const ends = operations.flatMap((op) => {
    const end = ended.get(op.id);
    return end ? [{ op: op.id, end }] : [];
  });
  const times = ends.flatMap(({ end }) => ('startedAt' in end ? [end] : []));
  const failed = ends.flatMap(({ op, end }) =>
    end.kind === 'failed' ? [{ op, problem: end.problem, log: end.log }] : [],
  )[0];
  const stopped = ends.flatMap(({ end }) => ('because' in end ? [end.because] : []))[0];
  const back = wayBackOf(operations, ended);
  const result =
    back?.isWhole === true
      ? 'rolled-back'
      : isRefused(operations, failed?.op)
        ? 'refused'
        : resultOf(
            app,
            ends.map(({ end }) => end.kind),
          );
  return {
    app: app.app,
    verb: app.verb,
    result,
    url: back === null ? app.url : back.url,
    warnings: ends.flatMap(({ end }) => ('warnings' in end ? end.warnings : [])),
    notes: TOLD.has(result) ? app.notes : [],
    ms:
      times.length === 0
        ? 0
        : Math.max(...times.map((t) => t.endedAt)) - Math.min(...times.map((t) => t.startedAt)),
    failure: failed ?? null,
    because:
      app.held ??
      (failed
        ? (back?.words ?? null)
        : (stopped ?? (result === 'rolled-back' ? servedBy(operations) : null))),
  };
}

function isRefused(operations: readonly Operation[], failed: OpId | undefined): boolean {
  return operations.some(({ id, action }) => id === failed && action.kind === 'rehearse');
}

function resultOf(app: AppPlan, kinds: readonly OperationOutcome['kind'][]): AppResult {
  if (app.held !== null) return app.condemned ? 'condemned' : 'held';
  if (kinds.includes('failed')) return 'failed';
  if (kinds.includes('interrupted')) return 'interrupted';
  if (kinds.includes('skipped')) return 'skipped';
  if (kinds.every((kind) => kind === 'unneeded')) return 'unchanged';
  // What was there before is there again, as a run that was cut short had begun to bring about.
  if (!app.condemned) return 'done';
  return app.verb === 'rollback' ? 'rolled-back' : 'condemned';
}
