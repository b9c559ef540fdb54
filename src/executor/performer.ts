import type { Action, ActionKind } from '../domain/action.js';
import type { VolumeMade } from '../domain/services.js';
import type { OperationContext } from './job.js';

/** What there is to say of an operation that was carried out. */
export type OperationResult = { readonly note?: string; readonly warnings?: readonly string[] };

export type Performer<K extends ActionKind> = (
  job: OperationContext,
  action: Extract<Action, { kind: K }>,
) => Promise<OperationResult>;

export type Performers = { readonly [K in ActionKind]: Performer<K> };

export function noteResult(note: string): OperationResult {
  return note === '' ? {} : { note };
}

export function warnResult({ warning }: VolumeMade): OperationResult {
  return warning === null ? {} : { warnings: [warning] };
}
