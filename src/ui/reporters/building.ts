import { ACTIONS, type ActionKind } from '../../domain/action.js';
import type { Event, Reporter } from '../../domain/event.js';
import type { OpId } from '../../domain/plan.js';
import { createQuietReporter } from './quiet.js';
import type { Wiring } from './reporter.js';
import { oneLine } from '../style.js';

/** For systems that are built: a line for each step, no live screen, and at the end the failures in full. */
export function createBuildReporter(wiring: Pick<Wiring, 'write' | 'color'>): Reporter {
  const failures = createQuietReporter(wiring);
  const kinds = new Map<OpId, ActionKind>();
  return {
    event: (event) => {
      if (event.kind === 'run-started')
        for (const { id, action } of event.plan.operations) kinds.set(id, action.kind);
      const words = stepWords(event, kinds);
      if (words !== null) wiring.write(`${words}\n`);
      failures.event(event);
    },
    close: () => Promise.resolve(),
  };
}

function stepWords(event: Event, kinds: ReadonlyMap<OpId, ActionKind>): string | null {
  if (event.kind === 'failed') return `${event.app}: failed: ${oneLine(event.problem.message)}`;
  if (event.kind !== 'started' && event.kind !== 'finished') return null;
  const kind = kinds.get(event.op);
  return kind ? `${event.app}: ${ACTIONS[kind][event.kind === 'started' ? 'doing' : 'done']}` : null;
}
