import type { ProgressMode } from '../ui/index.js';

/** What every verb is given: the process as data, so that verbs can be run in tests. */
export type Context = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  /** Results. */
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  /** Progress, warnings, errors. */
  readonly stderr: NodeJS.WriteStream;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
};

/** Options that every verb takes. */
export type GlobalOptions = {
  readonly file?: string;
  readonly progress: 'auto' | ProgressMode;
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
