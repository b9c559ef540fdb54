import type { Reporter } from '../../domain/event.js';
import { failureLines } from './failure.js';
import { typing, type LogOf, type ProgressKind } from './reporter.js';
import { createStyle } from '../style.js';

export const quiet: ProgressKind = {
  speech: 'none',
  run: (wiring) => createQuietReporter({ ...wiring, write: typing(wiring) }),
  build: (wiring) => createQuietReporter(wiring),
  tell: () => () => undefined,
};

/** Nothing but the failures, at the end. */
export function createQuietReporter({
  write,
  color,
  logOf,
}: {
  readonly write: (text: string) => void;
  readonly color: boolean;
  readonly logOf?: LogOf;
}): Reporter {
  const style = createStyle(color);
  return {
    event(event) {
      if (event.kind !== 'run-ended') return;
      const blocks = event.outcome.apps
        .map((app) => failureLines(app, style, logOf?.(app.app)))
        .filter((lines) => lines.length > 0);
      if (blocks.length > 0) write(`${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`);
    },
    close: () => Promise.resolve(),
  };
}
