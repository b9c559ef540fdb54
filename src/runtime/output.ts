import type { Reporter } from '../domain/event.js';
import { paceTelling, type Tell } from '../lib/progress.js';
import {
  chooseMode,
  createBuildReporter,
  createReporter,
  createStyle,
  createTeller,
  createView,
  jsonLine,
  oneLine,
  speechOf,
  type LogOf,
} from '../ui/index.js';
import { wantsColor, type Context, type GlobalOptions } from './context.js';
import { typedFor, type Typed } from './typed.js';

/** What a verb says, and how: by the streams, the options and the environment that it was given. */
export type Output = {
  readonly stdout: Context['stdout'];
  readonly stderr: Context['stderr'];
  readonly colors: { readonly stdout: boolean; readonly stderr: boolean };
  /** Commands in a text, as they must be typed. */
  readonly typed: Typed;
  readonly isQuiet: boolean;
  /** Whether a person is spoken to: not with JSON, nor where all is to be quiet. */
  readonly speaks: boolean;
  /** A result. */
  readonly write: (text: string) => void;
  /** A line on stderr that is about no app. With `--progress json` it is JSON, with `--quiet` it is not there. */
  readonly notice: (type: 'waiting' | 'warning' | 'note', message: string) => void;
  /** Progress of what is no plan: a line per step on stderr. */
  readonly step: (app: string, line: string) => void;
  /** How far that is, where it takes long. Null: of no app alone. */
  readonly tell: (app: string | null) => Tell;
  /** `isIdle`: nothing to watch, so no screen needs to be set up for it. */
  readonly reporter: (logOf: LogOf, isIdle: boolean) => Promise<Reporter>;
  readonly buildReporter: () => Reporter;
  /** A part of the screen that is drawn again and again, in place of a result. */
  readonly view: (stream: NodeJS.WriteStream, compute: Compute) => ReturnType<typeof createView>;
};

type Compute = Parameters<typeof createView>[0];

export function outputFor({ stdout, stderr, env, freeVerbs }: Context, options: GlobalOptions): Output {
  const { progress, quiet } = options;
  const requested = quiet ? 'quiet' : progress;
  const speech = speechOf(requested);
  const mode = () =>
    chooseMode(requested, { isTTY: stderr.isTTY, ci: env['CI'] !== undefined, term: env['TERM'] });
  const colors = {
    stdout: wantsColor(options.color, env, stdout),
    stderr: wantsColor(options.color, env, stderr),
  };
  const typed = typedFor(options, { env, freeVerbs });
  const json = (record: object) => stderr.write(`${jsonLine(record)}\n`);
  return {
    ...{ stdout, stderr, colors, typed, isQuiet: quiet },
    speaks: speech === 'words',
    write: (text) => {
      stdout.write(text);
    },
    notice: (type, message) => {
      if (speech === 'none') return;
      const words = typed(message);
      if (speech === 'json') {
        json({ v: 1, type, time: new Date().toISOString(), message: words });
        return;
      }
      const { bold, yellow } = createStyle(colors.stderr);
      const head = type === 'warning' ? ` ${yellow('warning:')}` : '';
      stderr.write(`${bold('pets:')}${head} ${oneLine(words)}\n`);
    },
    step: (app, line) => {
      if (speech === 'none') return;
      if (speech === 'json') json({ v: 1, type: 'step', time: new Date().toISOString(), app, line });
      else stderr.write(`${oneLine(`${app}: ${line}`)}\n`);
    },
    tell: (app) => paceTelling(createTeller(mode(), { stream: stderr, app })),
    reporter: (logOf, isIdle) =>
      createReporter(mode(), { stream: stderr, env, color: colors.stderr, logOf, typed, isIdle }),
    buildReporter: () => createBuildReporter(requested, { stream: stderr, env, color: colors.stderr }),
    view: (stream, compute) => createView(compute, { stream, env, color: colors.stdout }),
  };
}
