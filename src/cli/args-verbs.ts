import { type Command, InvalidArgumentError } from 'commander';
import type { Context, GlobalOptions } from '../runtime/context.js';
import { exec, shell, type ExecOptions } from './commands/enter.js';
import { logs, type LogsOptions } from './commands/logs.js';
import { open } from './commands/open.js';
import {
  count,
  dryRun,
  duration,
  examples,
  flag,
  withGlobalOptions,
  withLockOptions,
  withRunOptions,
  type Ends,
  runtimeFor,
} from './options.js';
import { power, type PowerVerb } from './commands/power.js';
import { rm } from './commands/rm.js';
import { top, type TopOptions } from './commands/top.js';
import type { RunOptions } from '../runtime/carry-out.js';
import { update, type UpdateOptions } from './commands/update.js';

/** What is done with pets that are there, day by day. */
export function addVerbs(program: Command, context: Context, ends: Ends): void {
  addPower(program, context, ends);
  addRemoval(program, context, ends);
  addInside(program, context, ends);
  addLogs(program, context, ends);
  addLooks(program, context, ends);
  addUpdate(program, context, ends);
}

const POWER: Readonly<Record<PowerVerb, { readonly summary: string; readonly description: string }>> = {
  start: {
    summary: 'start apps that are stopped',
    description:
      'Starts apps as they were last applied, whatever the manifest says by now; their ports open when the system is up. Without names all that are stopped.',
  },
  stop: {
    summary: 'stop apps, until the next `up` or `start`',
    description:
      'Stops apps in order, by force after their `stop-timeout`; those first that come after others. Without names all of them. The next `pets up` starts them again: what should not run does not belong in the manifest.',
  },
  restart: {
    summary: 'stop apps and start them again',
    description:
      'Stops apps and starts them as they were last applied, whatever the manifest says by now. Without names all of them.',
  },
};

function addPower(program: Command, context: Context, ends: Ends): void {
  for (const verb of ['start', 'stop', 'restart'] as const) {
    withRunOptions(program.command(`${verb} [app...]`))
      .summary(POWER[verb].summary)
      .description(POWER[verb].description)
      .addHelpText('after', examples(`pets ${verb} web`, `pets ${verb} 'blog-*'`, `pets ${verb} @public`))
      .action((apps: string[], options: RunOptions) =>
        ends(power(runtimeFor(context, options), options, verb, apps)),
      );
  }
}

function addRemoval(program: Command, context: Context, ends: Ends): void {
  withRunOptions(program.command('rm <app...>'))
    .summary('remove containers, and keep their volumes')
    .description(
      'Stops and removes containers, of apps that are in the manifest or not any more, with their root disks and generations. Volumes are kept, and it is said how to delete them. One that is not there is nothing to do.',
    )
    .addOption(dryRun())
    .addHelpText('after', examples('pets rm web', 'pets rm web --yes'))
    .action((apps: string[], options: RunOptions) => ends(rm(runtimeFor(context, options), options, apps)));
}

function addInside(program: Command, context: Context, ends: Ends): void {
  withGlobalOptions(program.command('shell <app>'))
    .summary('open a login shell in an app')
    .description('Opens a login shell of root in the container of an app.')
    .addHelpText('after', examples('pets shell web'))
    .action((app: string, options: GlobalOptions) => ends(shell(runtimeFor(context, options), options, app)));
  withGlobalOptions(program.command('exec <app> <command...>'))
    .summary('run a command in an app')
    .description(
      'Runs a command as root in the container of an app, on a terminal where there is one, and ends with its exit code. No shell looks at it.',
    )
    .addOption(flag('-n, --no-stdin', 'leave standard input alone, as in a loop that reads from it'))
    .passThroughOptions()
    .addHelpText(
      'after',
      examples(
        'pets exec web -- systemctl status',
        'pets exec db -- pg_dump app > app.sql',
        'while read app; do pets exec -n $app -- uptime; done < apps',
      ),
    )
    .action((app: string, command: string[], options: ExecOptions) =>
      ends(
        exec(runtimeFor(context, options), options, app, command[0] === '--' ? command.slice(1) : command),
      ),
    );
}

function addLogs(program: Command, context: Context, ends: Ends): void {
  withGlobalOptions(program.command('logs [app...]'), '--file <path>')
    .summary('show what apps log')
    .description(
      "Shows the journal of the apps' own services, in order of time, prefixed with the app where there are several. Without names of all apps.",
    )
    .option('-f, --follow', 'go on as more comes, until Ctrl-C; also when an app restarts', false)
    .option('--since <when>', 'from then on: 10m, 2h, 7d ago, or a time such as 2026-01-31T12:00', when)
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
    .action((apps: string[], options: LogsOptions) =>
      ends(logs(runtimeFor(context, options), options, apps)),
    );
}

function addLooks(program: Command, context: Context, ends: Ends): void {
  withGlobalOptions(program.command('open <app>'))
    .summary("open an app's URL in a browser")
    .description(
      'Prints the URL of an app and, where there is a display, opens it in $BROWSER or with xdg-open.',
    )
    .addHelpText('after', examples('pets open web', 'curl "$(pets open web)"'))
    .action((app: string, options: GlobalOptions) => ends(open(runtimeFor(context, options), options, app)));
  withGlobalOptions(program.command('top'))
    .summary('watch what the apps use')
    .description(
      'Shows processor, memory, state and exposure of all apps, again and again; q or Ctrl-C ends it. Where stdout is no terminal a table each time.',
    )
    .addOption(
      flag('--interval <duration>', 'time between two tables').default(2000, '2s').argParser(duration),
    )
    .option('-n, --count <n>', 'so many tables, one below the other', count)
    .option('--once', 'one table', false)
    .option('--json', 'print an object a line', false)
    .addHelpText('after', examples('pets top', 'pets top --once', 'pets top --json -n 10'))
    .action((options: TopOptions) => ends(top(runtimeFor(context, options), options)));
}

function addUpdate(program: Command, context: Context, ends: Ends): void {
  withLockOptions(program.command('update [app...]'))
    .summary('move pets.lock to what the flakes are now')
    .description(
      "Moves the entries of pets.lock for the apps' flake-ref and nixpkgs to what these stand for now, and prints from where to where. Nothing is built or applied: `pets diff` shows what it changes, `pets up` applies it. Local flakes are not pinned.",
    )
    .addOption(dryRun())
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets update', 'pets update web && pets up web', 'pets update --json'))
    .action((apps: string[], options: UpdateOptions) =>
      ends(update(runtimeFor(context, options), options, apps)),
    );
}

/** `10m` ago, or a time that JavaScript's `Date` reads; in ms since the epoch. */
function when(text: string): number {
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
