import type { AppName } from '../domain/names.js';
import type { Reporter } from '../domain/event.js';
import { createJsonReporter } from './reporters/json.js';
import { createPlainReporter } from './reporters/plain.js';
import { createQuietReporter } from './reporters/quiet.js';
import { safeWriter, type SafeWriter } from './terminal.js';

export { createBuildReporter } from './reporters/building.js';
export { contractText } from './pages/contract.js';
export { diffText } from './pages/diff.js';
export { doctorText } from './pages/doctor.js';
export { cleanProblem } from './reporters/failure.js';
export { fileDiffText, type FileChange } from './pages/file-diff.js';
export { eventLine, jsonLine, jsonText, outcomeRecord, planRecord, problemRecord } from './reporters/json.js';
export { logPrinter } from './pages/logs.js';
export { appsOf, runsText, runText } from './pages/run.js';
export { createStyle, oneLine } from './style.js';
export { summaryLines } from './reporters/summary.js';
export { table } from './table.js';
export { createTeller } from './reporters/teller.js';
export { topFrame, topText, type TopRow } from './pages/top.js';

export type ProgressMode = 'tty' | 'plain' | 'json' | 'quiet';

export type Surroundings = {
  /** Of the stream that progress goes to: stderr. */
  readonly isTTY: boolean;
  readonly ci: boolean;
  readonly term: string | undefined;
};

/** A CI's pseudo-terminal is a log that somebody reads later: there the live screen is only drawn on request. */
export function chooseMode(
  requested: 'auto' | ProgressMode,
  { isTTY, ci, term }: Surroundings,
): ProgressMode {
  if (requested !== 'auto') return requested;
  return isTTY && !ci && term !== 'dumb' ? 'tty' : 'plain';
}

/** The process's environment, which what draws the live screen looks at by itself. */
export type Environment = Record<string, string | undefined>;

export type ReporterOptions = {
  readonly stream: NodeJS.WriteStream;
  readonly env: Environment;
  readonly color: boolean;
  /** Milliseconds since the epoch, as in the events. */
  readonly now?: () => number;
  readonly logOf?: LogOf;
  /** Commands in a text as they must be typed. */
  readonly typed?: (text: string) => string;
};

/** The file that has all an app's builds and switches printed; null where there is none. */
export type LogOf = (app: AppName) => string | null;

/** `close` resolves when the stream has taken the last line: the process may exit then. */
export async function createReporter(
  mode: ProgressMode,
  { stream, env, color, now = Date.now, logOf = () => null, typed = (text) => text }: ReporterOptions,
): Promise<Reporter> {
  const { write, flush } = safeWriter(stream);
  const reporter = await reporterFor(mode, { stream, env, write, color, now, logOf, typed });
  let closed: Promise<void> | null = null;
  return {
    event: (event) => {
      reporter.event(event);
    },
    close: () => (closed ??= reporter.close().then(flush)),
  };
}

/** A part of the terminal that is drawn again and again: what `compute` says, at least ten times a second. */
export async function createView(
  compute: Parameters<typeof import('./reporters/live.js').createLiveView>[0],
  { stream, env, color }: Pick<ReporterOptions, 'stream' | 'env' | 'color'>,
): Promise<{ readonly close: () => Promise<void> }> {
  const { write, flush } = safeWriter(stream);
  const view = (await importLive(env)).createLiveView(compute, { stream, write, color });
  return { close: () => view.close().then(flush) };
}

type Wiring = Required<ReporterOptions> & { readonly write: SafeWriter['write'] };

async function reporterFor(mode: ProgressMode, wiring: Wiring): Promise<Reporter> {
  const { write, typed } = wiring;
  const inWords = {
    ...wiring,
    write: (text: string) => {
      write(typed(text));
    },
  };
  switch (mode) {
    case 'tty':
      return (await importLive(wiring.env)).createLiveReporter(wiring);
    case 'plain':
      return createPlainReporter(inWords);
    case 'json':
      return createJsonReporter(wiring);
    case 'quiet':
      return createQuietReporter(inWords);
  }
}

/**
 * Ink reads these once, while it is imported, and has no option for them (6.8): with CI it draws no live area
 * at all, with DEV it looks for React's devtools. Who came here decided that there is a terminal to draw on.
 */
const MISLEADING = ['CI', 'CONTINUOUS_INTEGRATION', 'DEV'];

/** On demand: Ink takes a third of a second to load, and `pets diff` never needs it. */
async function importLive(env: Environment): Promise<typeof import('./reporters/live.js')> {
  const kept = MISLEADING.map((name) => [name, env[name]] as const);
  for (const [name, value] of kept) if (value !== undefined) env[name] = 'false';
  try {
    return await import('./reporters/live.js');
  } finally {
    for (const [name, value] of kept) if (value !== undefined) env[name] = value;
  }
}
