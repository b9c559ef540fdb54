import type { ProgressChoice } from '../ui/index.js';

/** What every verb is given: the process as data, so that verbs can be run in tests. */
export type Context = {
  readonly cwd: string;
  /** Without node and script. */
  readonly argv: readonly string[];
  /** Those that go by no manifest: a command of theirs that is advised needs none named. */
  readonly freeVerbs: ReadonlySet<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asked for only where it is read: what Node makes of it costs a tenth of a short run. */
  readonly stdin: () => NodeJS.ReadStream;
  /** Results. */
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Progress, warnings, errors. */
  readonly stderr: NodeJS.WriteStream;
  /**
   * Runs what must not be cut short: a signal aborts `stop` instead of ending the process, and `work` ends in
   * order; `stop.reason` is the exit code then. Before and after it nothing is being written, and a signal ends the
   * process at once.
   */
  readonly draining: <T>(work: (stop: AbortSignal) => Promise<T>) => Promise<T>;
};

/** Options that every verb takes. */
export type GlobalOptions = {
  /** The manifest; DEPLOYED: what `pets deploy` made. */
  readonly file?: string;
  /** In place of the one beside the manifest. */
  readonly lockFile?: string;
  readonly progress: ProgressChoice;
  readonly quiet: boolean;
  readonly color: 'auto' | 'always' | 'never';
};

/** flag > NO_COLOR > FORCE_COLOR > whether it is a terminal. */
export function wantsColor(
  flag: GlobalOptions['color'],
  env: Context['env'],
  stream: { readonly isTTY?: boolean },
): boolean {
  if (flag !== 'auto') return flag === 'always';
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
