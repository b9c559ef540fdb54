import type { Reporter } from '../domain/event.js';
import { json } from './reporters/json.js';
import { plain } from './reporters/plain.js';
import { quiet } from './reporters/quiet.js';
import type { ProgressKind, Teller, TellWiring, Wiring } from './reporters/reporter.js';
import { importLive, tty } from './reporters/tty.js';
import { safeWriter } from './terminal.js';

export { contractText } from './pages/contract.js';
export { diffText } from './pages/diff.js';
export { doctorText } from './pages/doctor.js';
export { cleanProblem } from './reporters/failure.js';
export { fileDiffText, type FileChange } from './pages/file-diff.js';
export { eventLine, jsonLine, jsonText, outcomeRecord, planRecord, problemRecord } from './reporters/json.js';
export { logPrinter } from './pages/logs.js';
export type { LogOf } from './reporters/reporter.js';
export { movedText, toldOf } from './pages/moved.js';
export { appsOf, runsText, runText } from './pages/run.js';
export { createStyle, oneLine } from './style.js';
export { summaryLines } from './reporters/summary.js';
export { table } from './table.js';
export { topFrame, topText, type TopRow } from './pages/top.js';

/** The ways to show progress: a new one is its file, and its name here. */
const REPORTERS = { tty, plain, json, quiet } satisfies Record<string, ProgressKind>;

export type ProgressMode = keyof typeof REPORTERS;
/** What is asked for; `auto`: by what progress goes to. */
export type ProgressChoice = 'auto' | ProgressMode;

export const PROGRESS_CHOICES = ['auto', ...Object.keys(REPORTERS)] as readonly ProgressChoice[];

export type Surroundings = {
  /** Of the stream that progress goes to: stderr. */
  readonly isTTY: boolean;
  readonly ci: boolean;
  readonly term: string | undefined;
};

/** A CI's pseudo-terminal is a log that somebody reads later: there the live screen is only drawn on request. */
export function chooseMode(requested: ProgressChoice, { isTTY, ci, term }: Surroundings): ProgressMode {
  if (requested !== 'auto') return requested;
  return isTTY && !ci && term !== 'dumb' ? 'tty' : 'plain';
}

/** How what is no event is said where progress is shown so; a word that is no choice is as good as none. */
export function speechOf(requested: string | undefined): ProgressKind['speech'] {
  return isMode(requested) ? REPORTERS[requested].speech : 'words';
}

function isMode(word: string | undefined): word is ProgressMode {
  return word !== undefined && Object.hasOwn(REPORTERS, word);
}

export type ReporterOptions = Pick<Wiring, 'stream' | 'env' | 'color'> & Partial<Omit<Wiring, 'write'>>;

/** `close` resolves when the stream has taken the last line: the process may exit then. */
export async function createReporter(mode: ProgressMode, options: ReporterOptions): Promise<Reporter> {
  const { wiring, flush } = wire(options);
  return flushed(await REPORTERS[mode].run(wiring), flush);
}

/** Of systems that are built and not brought to their apps. */
export function createBuildReporter(requested: ProgressChoice, options: ReporterOptions): Reporter {
  const { wiring, flush } = wire(options);
  return flushed(REPORTERS[requested === 'auto' ? 'plain' : requested].build(wiring), flush);
}

/** Of work that is no plan, on one app or (null) for all. */
export function createTeller(
  mode: ProgressMode,
  { stream, app, now = Date.now }: Omit<TellWiring, 'now'> & Partial<TellWiring>,
): Teller {
  return REPORTERS[mode].tell({ stream, app, now });
}

/** A part of the terminal that is drawn again and again: what `compute` says, at least ten times a second. */
export async function createView(
  compute: Parameters<typeof import('./reporters/live.js').createLiveView>[0],
  options: ReporterOptions,
): Promise<{ readonly close: () => Promise<void> }> {
  const { wiring, flush } = wire(options);
  const view = (await importLive(options.env)).createLiveView(compute, wiring);
  return { close: () => view.close().then(flush) };
}

function wire(options: ReporterOptions): { readonly wiring: Wiring; readonly flush: () => Promise<void> } {
  const { write, flush } = safeWriter(options.stream);
  const defaults = {
    now: Date.now,
    logOf: () => null,
    typed: (text: string) => text,
    isIdle: false,
  };
  return { wiring: { ...defaults, ...options, write }, flush };
}

function flushed(reporter: Reporter, flush: () => Promise<void>): Reporter {
  let closed: Promise<void> | null = null;
  return {
    event: (event) => {
      reporter.event(event);
    },
    close: () => (closed ??= reporter.close().then(flush)),
  };
}
