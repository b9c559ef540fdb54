import type { Action } from '../domain/action.js';
import type { Operation } from '../domain/plan.js';
import type { OperationContext } from './job.js';
import { CONTAINER } from './perform-container.js';
import { DATA } from './perform-data.js';
import { SYSTEM } from './perform-system.js';
import type { Performers, OperationResult } from './performer.js';

/** How each kind of operation is carried out: one effect, told in a word or two. */
const PERFORM: Performers = { ...SYSTEM, ...CONTAINER, ...DATA };

export function perform(operation: Operation, job: Omit<OperationContext, 'app'>): Promise<OperationResult> {
  // The table's type pairs each kind with its own action; TypeScript cannot follow that through an index.
  const performer = PERFORM[operation.action.kind] as (
    job: OperationContext,
    action: Action,
  ) => Promise<OperationResult>;
  return performer({ ...job, app: operation.app }, operation.action);
}
