import type { Forward, OpId, Operation, Plan, Rollback } from './plan.js';

/** A plan as it is printed and recorded, where that is not how it is held here: programs and old records go by it. */

export type PlanRecord = Omit<Plan, 'operations'> & { readonly operations: readonly object[] };

export function printPlanRecord(plan: Plan): PlanRecord {
  return { ...plan, operations: plan.operations.map(operationRecord) };
}

/** What is undefined JSON leaves out. */
function operationRecord({ needs, after, ...operation }: Operation): object {
  return { ...operation, phase: undefined, needs, after };
}

/** Only a step of the way back says what it rescues. */
export function parsePhase(rescues: readonly OpId[] | undefined): Forward | Rollback {
  return rescues === undefined ? { phase: 'forward' } : { phase: 'rollback', rescues };
}
