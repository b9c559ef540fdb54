import type { Reporter } from '../model.js';
import { failureLines } from './failure.js';
import { createStyle } from './style.js';

/** Nothing but the failures, at the end. */
export function createQuietReporter({
  write,
  color,
}: {
  readonly write: (text: string) => void;
  readonly color: boolean;
}): Reporter {
  const style = createStyle(color);
  return {
    event(event) {
      if (event.kind !== 'run-ended') return;
      const blocks = event.outcome.apps
        .map((app) => failureLines(app, style))
        .filter((lines) => lines.length > 0);
      if (blocks.length > 0) write(`${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`);
    },
    close: () => Promise.resolve(),
  };
}
