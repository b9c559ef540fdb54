import { ACTIONS, type ActionKind } from '../../domain/action.js';
import type { Event, Reporter } from '../../domain/event.js';
import type { OpId } from '../../domain/plan.js';
import type { ProgressMode } from '../index.js';
import { createJsonReporter } from './json.js';
import { createQuietReporter } from './quiet.js';
import { oneLine } from '../style.js';
import { safeWriter } from '../terminal.js';

export type BuildReporterOptions = {
  readonly stream: NodeJS.WriteStream;
  readonly color: boolean;
};

/**
 * For systems that are built and not brought to their apps: a line for each step, no live screen, and at the end the
 * failures in full. Of the run as a whole nothing is said: nothing of the plan is done.
 */
export function createBuildReporter(
  mode: 'auto' | ProgressMode,
  { stream, color }: BuildReporterOptions,
): Reporter {
  const { write, flush } = safeWriter(stream);
  const failures = createQuietReporter({ write, color });
  const steps = mode === 'json' ? createJsonReporter({ write }) : createStepReporter(write);
  return {
    event: (event) => {
      const isWhole = event.kind === 'run-started' || event.kind === 'run-ended';
      if (mode !== 'quiet' && !(mode === 'json' && isWhole)) steps.event(event);
      if (mode !== 'json') failures.event(event);
    },
    close: flush,
  };
}

function createStepReporter(write: (text: string) => void): Reporter {
  const kinds = new Map<OpId, ActionKind>();
  return {
    event: (event) => {
      if (event.kind === 'run-started')
        for (const { id, action } of event.plan.operations) kinds.set(id, action.kind);
      const words = stepWords(event, kinds);
      if (words !== null) write(`${words}\n`);
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
