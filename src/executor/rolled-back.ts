import { ACTIONS, type ActionKind } from '../domain/action.js';
import { formatBinding, urlOf } from '../domain/binding.js';
import type { OpId, Operation } from '../domain/plan.js';
import type { OperationOutcome } from '../domain/outcome.js';

/** What came of a way back. */
export type WayBack = {
  /** Whether all is as it was. */
  readonly isWhole: boolean;
  /** What serves, and what is missing. */
  readonly words: string;
  /** Where the app is reached, whatever its port was to be. */
  readonly url: string | null;
};

type Step = { readonly op: Operation; readonly end: OperationOutcome };

/** Null: none was due, or only such steps as do not tell what serves. */
export function wayBackOf(
  operations: readonly Operation[],
  ended: ReadonlyMap<OpId, OperationOutcome>,
): WayBack | null {
  const steps = operations.flatMap((op): Step[] => {
    const end = ended.get(op.id);
    return end && op.phase === 'rollback' && op.action.kind !== 'condemn' ? [{ op, end }] : [];
  });
  const serves = servedBy(steps.map(({ op }) => op));
  const isGone = steps.some(({ end }) => end.kind === 'done' || end.kind === 'failed');
  if (!isGone || serves === null) return null;
  const missing = steps.filter(({ end }) => end.kind !== 'done' && end.kind !== 'unneeded');
  const failures = missing.map(missingWords).filter((words) => words !== null);
  const what = isMissing(missing, 'start') ? `${downWords(missing)}:` : `${serves}, but`;
  return {
    isWhole: missing.length === 0,
    words: missing.length === 0 ? serves : `${what} ${failures.join('; ')}`,
    url: urlIn(steps.filter((step) => !missing.includes(step))),
  };
}

/** By the system that is waited for. */
export function servedBy(operations: readonly Operation[]): string | null {
  for (const { action } of operations)
    if (action.kind === 'settle' && action.system.kind === 'applied')
      return `generation ${action.system.generation} serves`;
  return null;
}

function isMissing(missing: readonly Step[], kind: ActionKind): boolean {
  return missing.some(({ op }) => op.action.kind === kind);
}

/** Of an app that was not started again. One that could not be stopped may run whatever failed. */
function downWords(missing: readonly Step[]): string {
  return isMissing(missing, 'stop') ? 'it is not taken back' : 'it is down';
}

/** What a step that failed leaves undone, and why; null: another one's failure is the reason. */
function missingWords({ op: { action }, end }: Step): string | null {
  if (end.kind !== 'failed') return null;
  const why = end.problem.message;
  if (action.kind === 'check' || action.kind === 'settle') return why;
  if (action.kind === 'expose') return `${formatBinding(action.exposure.binding)} is not exposed: ${why}`;
  return `${ACTIONS[action.kind].doing} failed: ${why}`;
}

function urlIn(steps: readonly Step[]): string | null {
  for (const { action } of steps.map(({ op }) => op)) {
    const binding = action.kind === 'expose' && action.exposure.role === 'web' && action.exposure.binding;
    if (binding && binding.protocol !== 'unix')
      return urlOf({ address: binding.address, port: binding.first });
  }
  return null;
}
