import type { Action, ActionKind } from '../domain/action.js';
import type { VolumeMade } from '../domain/services.js';
import type { Job } from './job.js';

/** What there is to say of an operation that was carried out. */
export type Told = { readonly note?: string; readonly warnings?: readonly string[] };

export type Performer<K extends ActionKind> = (
  job: Job,
  action: Extract<Action, { kind: K }>,
) => Promise<Told>;

export type Performers = { readonly [K in ActionKind]: Performer<K> };

export function noted(note: string): Told {
  return note === '' ? {} : { note };
}

export function warned({ warning }: VolumeMade): Told {
  return warning === null ? {} : { warnings: [warning] };
}
