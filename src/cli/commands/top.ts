import { sleep } from '../../lib/wait.js';
import { EXIT, type ExitCode } from '../../domain/problem.js';
import { jsonLine, topFrame, topText, type TopRow } from '../../ui/index.js';
import type { Runtime } from '../../runtime/runtime.js';
import { watchKeys } from '../../runtime/keys.js';
import { Meter } from '../../runtime/meter.js';
import { printer } from '../../runtime/printer.js';
import type { CommandLine } from '../command-line.js';
import { count, parseDurationOption, examples, flag, withGlobalOptions } from '../options.js';

type TopOptions = {
  readonly json: boolean;
  /** Between two tables, ms. */
  readonly interval: number;
  /** So many tables; none: until somebody ends it. */
  readonly count?: number;
  /** One table. */
  readonly once: boolean;
};

export function addTop({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('top'))
    .summary('watch what the apps use')
    .description(
      'Shows processor, memory, state and exposure of all apps, again and again; q or Ctrl-C ends it. Where stdout is no terminal a table each time.',
    )
    .addOption(
      flag('--interval <duration>', 'time between two tables')
        .default(2000, '2s')
        .argParser(parseDurationOption),
    )
    .option('-n, --count <n>', 'so many tables, one below the other', count)
    .option('--once', 'one table', false)
    .option('--json', 'print an object a line', false)
    .addHelpText('after', examples('pets top', 'pets top --once', 'pets top --json -n 10'))
    .action(actionOf(top));
}

/** What the pets use, again and again: in place on a terminal, else a table, or a line of JSON, each time. */
async function top(runtime: Runtime, options: TopOptions): Promise<ExitCode> {
  const { manifest } = await runtime.project();
  const meter = new Meter(runtime, manifest.project);
  await meter.sample();
  const { stdout } = runtime.output;
  const count = options.once ? 1 : (options.count ?? Infinity);
  const isLive = isTerminal(stdout) && count === Infinity && !options.json;
  return runtime.draining((stop) =>
    isLive ? watch(runtime, options, meter, stdout, stop) : list(runtime, options, meter, count, stop),
  );
}

function isTerminal(stream: Runtime['output']['stdout']): stream is NodeJS.WriteStream {
  return stream.isTTY === true;
}

async function list(
  { output: { stdout } }: Runtime,
  { interval, json }: TopOptions,
  meter: Meter,
  count: number,
  stop: AbortSignal,
): Promise<ExitCode> {
  const { print, gone } = printer(stdout, stop);
  for (let n = 0; n < count; n++) {
    await sleep(interval, gone);
    if (gone.aborted) break;
    const apps = await meter.sample();
    const time = new Date().toISOString();
    await print(json ? `${jsonLine({ v: 1, time, apps })}\n` : `${n > 0 ? '\n' : ''}${topText(apps)}`);
  }
  return stop.aborted ? (stop.reason as ExitCode) : EXIT.ok;
}

async function watch(
  runtime: Runtime,
  { interval }: TopOptions,
  meter: Meter,
  stream: NodeJS.WriteStream,
  stop: AbortSignal,
): Promise<ExitCode> {
  const left = new AbortController();
  const leave = (code: ExitCode) => {
    left.abort(code);
  };
  stop.addEventListener('abort', () => {
    leave(stop.reason as ExitCode);
  });
  let rows: readonly TopRow[] = [];
  let frame = frameOf(rows);
  const keys = watchKeys(runtime, leave);
  const view = await runtime.output.view(stream, (size) => frame(size));
  try {
    // The first one soon: without it nothing is known of the processors.
    for (let ms = Math.min(interval, FIRST_MS); !left.signal.aborted; ms = interval) {
      await sleep(ms, left.signal);
      rows = await meter.sample();
      frame = frameOf(rows);
    }
  } finally {
    await view.close();
    keys.close();
  }
  // What was seen last stays, as text.
  stream.write(topText(rows));
  return left.signal.reason as ExitCode;
}

const FIRST_MS = 500;

type Size = { readonly columns: number; readonly rows: number };

/** The same frame for the same size: nothing is drawn then. */
function frameOf(rows: readonly TopRow[]): (size: Size) => ReturnType<typeof topFrame> {
  let last: { readonly size: Size; readonly frame: ReturnType<typeof topFrame> } | null = null;
  return (size) => {
    if (last?.size.columns !== size.columns || last.size.rows !== size.rows)
      last = { size, frame: topFrame(rows, size, 'q quits') };
    return last.frame;
  };
}
