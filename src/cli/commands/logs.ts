import { InvalidArgumentError } from 'commander';
import { LOCAL } from '../../runtime/daemons.js';
import type { ActualApp } from '../../domain/actual.js';
import { EXIT, problemOf, type ExitCode } from '../../domain/problem.js';
import { jsonLine, logPrinter } from '../../ui/index.js';
import type { Runtime } from '../../runtime/runtime.js';
import { choosePets, mustRun } from '../../runtime/pets.js';
import { printer, type Print } from '../../runtime/printer.js';
import type { CommandLine } from '../command-line.js';
import { examples, withGlobalOptions } from '../options.js';
import { LogReader, type Entry, type PrintEntry, type ReadOptions } from '../../runtime/log-reader.js';

type LogsOptions = ReadOptions & { readonly json: boolean; readonly follow: boolean };

export function addLogs({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('logs [app...]'), '--file <path>')
    .summary('show what apps log')
    .description(
      "Shows the journal of the apps' own services, in order of time, prefixed with the app where there are several. Without names of all apps.",
    )
    .option('-f, --follow', 'go on as more comes, until Ctrl-C; also when an app restarts', false)
    .option('--since <when>', 'from then on: 10m, 2h, 7d ago, or a time such as 2026-01-31T12:00', parseTime)
    .option(
      '-n, --tail <n>',
      'so many lines of each app, or `all` (default: 100, with --since all)',
      lineCount,
    )
    .option(
      '-u, --unit <unit>',
      "of this unit instead of the app's own services; a pattern, or several times",
      (unit: string, units: string[]) => [...units, unit],
      [],
    )
    .option('--json', 'print an object a line', false)
    .addHelpText(
      'after',
      examples('pets logs web', 'pets logs -f', 'pets logs web --since 1h', "pets logs web -u '*'"),
    )
    .action(actionOf(logs));
}

/** What the apps have said, in order of time; then, with `follow`, what they say, until Ctrl-C. */
async function logs(runtime: Runtime, options: LogsOptions, selectors: readonly string[]): Promise<ExitCode> {
  const { project, pets } = await choosePets(runtime, selectors);
  const running = pets.filter(({ status }) => status === 'Running');
  const [only] = pets;
  if (pets.length === 1 && only && !options.follow) mustRun(only);
  for (const { name, status } of pets.filter((pet) => !running.includes(pet)))
    runtime.output.notice('warning', `${name} is ${status.toLowerCase()}: its journal is read when it runs`);
  const name = project.manifest.project;
  const daemon = {
    incus: runtime.daemons.get(LOCAL).incus(name),
    boots: runtime.daemons.get(LOCAL).boots(name),
    lines: runtime.daemons.get(LOCAL).lines,
  };
  return runtime.draining(async (stop) => {
    const out = printer(runtime.output.stdout, stop);
    const reader = new LogReader(daemon, options, out.gone);
    const print = printEntry(runtime, options, pets, out.print);
    const last = await reader.past(running, print);
    const follow = ({ name }: ActualApp) =>
      reader.follow(name, last.get(name) ?? null, print).catch((error: unknown) => {
        runtime.output.notice('warning', `${name}: ${problemOf(error).message}`);
      });
    if (options.follow) await Promise.all(pets.map(follow));
    if (stop.aborted) return stop.reason as ExitCode;
    return options.follow || running.length === pets.length ? EXIT.ok : EXIT.failed;
  });
}

function printEntry(
  runtime: Runtime,
  { json }: LogsOptions,
  pets: readonly ActualApp[],
  print: Print,
): PrintEntry {
  const text = logPrinter(
    pets.map(({ name }) => name),
    runtime.output.colors.stdout,
  );
  return (entry) => print(json ? `${jsonLine(recordOf(entry))}\n` : text(entry));
}

function recordOf({ app, at, unit, source, priority, message }: Entry): object {
  return { v: 1, app, time: new Date(at).toISOString(), unit, source, priority, message };
}

/** `10m` ago, or a time that JavaScript's `Date` reads; in ms since the epoch. */
function parseTime(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])(?: ago)?$/.exec(text) ?? [];
  const at = amount === undefined ? Date.parse(text) : Date.now() - Number(amount) * (UNIT_MS[unit] ?? NaN);
  if (Number.isNaN(at))
    throw new InvalidArgumentError('expected 10m, 2h, 7d or a time such as 2026-01-31T12:00.');
  return at;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Infinity: all. */
function lineCount(text: string): number {
  if (text === 'all') return Infinity;
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number, or `all`.');
  return value;
}
