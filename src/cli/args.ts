import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { EXIT, ProblemError, type ExitCode } from '../problem.js';
import { config } from './config.js';
import type { Context, GlobalOptions } from './context.js';
import { diff, type DiffOptions } from './diff.js';
import { down } from './down.js';
import { ps } from './ps.js';
import { up, type RunOptions, type UpOptions } from './up.js';
import { validate } from './validate.js';
import { VERSION } from './version.js';

/** Runs the verb that `argv` (without node and script) names. Wrong usage is a ProblemError with exit code 64. */
export async function run(argv: readonly string[], context: Context): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const ends = (result: Promise<ExitCode>) =>
    result.then((c) => {
      code = c;
    });
  const program = new Command('pets')
    .description(
      'Compose for NixOS services on Incus: pets.toml says what should run, `pets up` makes it so.',
    )
    .version(VERSION, '-V, --version')
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => {
        context.stdout.write(text);
      },
      writeErr: () => undefined,
    })
    .exitOverride()
    .addHelpText(
      'after',
      '\nExamples:\n  $ pets diff              what would `up` do?\n  $ pets up                do it\n  $ pets up web            only the app web\n  $ pets ps                what is running, and where it answers',
    );

  common(program.command('up [app...]'))
    .summary('make the machine match the manifest')
    .description(
      'Creates, rebuilds, re-exposes and starts apps until the machine is as the manifest says, with the smallest change that does it.',
    )
    .addOption(
      env(new Option('--prune', 'destroy apps that are no longer in the manifest'), 'PRUNE').default(false),
    )
    .option('-n, --dry-run', 'only show what would be done (the same as `pets diff`)')
    .addHelpText(
      'after',
      examples('pets up', 'pets up hello blog', 'pets up --prune', 'pets up --progress json 2> events.jsonl'),
    )
    .action((apps: string[], given: UpOptions & { dryRun?: boolean }) =>
      ends(
        given.dryRun
          ? diff(apps, { ...given, json: false, exitCode: false }, context)
          : up(apps, given, context),
      ),
    );
  runOptions(program.commands.at(-1));

  shared(program.command('diff [app...]').alias('plan'))
    .summary('show what `up` would do')
    .description(
      'Shows every difference between the manifest and the machine, its cause and what applying it interrupts. Writes nothing and builds nothing.',
    )
    .option('--json', 'print the plan as JSON (docs/plan.schema.json)', false)
    .option('--exit-code', 'exit with 2 when there are differences', false)
    .addOption(
      env(
        new Option('--prune', 'plan the destruction of apps that are no longer in the manifest'),
        'PRUNE',
      ).default(false),
    )
    .addHelpText(
      'after',
      examples(
        'pets diff',
        'pets diff web',
        'pets diff --json | jq .apps',
        'pets diff --exit-code || echo "there is something to do"',
      ),
    )
    .action((apps: string[], given: DiffOptions) => ends(diff(apps, given, context)));

  common(program.command('down'))
    .summary('stop and remove all containers of the project')
    .description(
      "Stops and removes every container that bears the project's mark, with its root disk and its generations.",
    )
    .addHelpText('after', examples('pets down', 'pets down --yes'))
    .action((given: RunOptions) => ends(down(given, context)));
  runOptions(program.commands.at(-1));

  shared(program.command('ps').alias('list'))
    .summary('list the apps with flake, revision, URL and state')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets ps', 'pets ps --json'))
    .action((given: GlobalOptions & { json: boolean }) => ends(ps(given, context)));

  shared(program.command('validate'))
    .summary('check the manifest, offline')
    .addHelpText('after', examples('pets validate', 'pets validate --file hosts/box/pets.toml'))
    .action((given: GlobalOptions) => ends(validate(given, context)));

  shared(program.command('config'))
    .summary('print the manifest with every default filled in')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets config', 'pets config --json'))
    .action((given: GlobalOptions & { json: boolean }) => ends(config(given, context)));

  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    if (error.code === 'commander.help') {
      throw new ProblemError({ message: 'no command given', hint: '`pets --help` lists them' }, EXIT.usage);
    }
    throw new ProblemError(
      {
        message: error.message.replace(/^error: /, '').replace(/\n\(/, ' ('),
        hint: '`pets --help` lists the commands, `pets <command> --help` their options',
      },
      EXIT.usage,
    );
  }
  return code;
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}

/** Every flag has its variable: `--no-input` is PETS_NO_INPUT. */
function env(option: Option, name: string): Option {
  return option.env(`PETS_${name}`);
}

function shared(command: Command): Command {
  return command
    .addOption(
      env(
        new Option(
          '-f, --file <path>',
          'the manifest; else pets.toml here or above, up to the root of the git repository',
        ),
        'FILE',
      ),
    )
    .addOption(
      env(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']), 'COLOR').default(
        'auto',
      ),
    )
    .addOption(
      env(
        new Option('--progress <mode>', 'how progress is shown').choices([
          'auto',
          'tty',
          'plain',
          'json',
          'quiet',
        ]),
        'PROGRESS',
      ).default('auto'),
    )
    .addOption(env(new Option('-q, --quiet', 'show failures only'), 'QUIET').default(false))
    .configureHelp({ showGlobalOptions: true });
}

const common = shared;

function runOptions(command: Command | undefined): void {
  command
    ?.addOption(
      env(new Option('-y, --yes', 'answer yes where a verb asks whether to go on'), 'YES').default(false),
    )
    .addOption(env(new Option('--no-input', 'never ask'), 'NO_INPUT'))
    .addOption(
      env(new Option('-j, --jobs <n>', 'changes to Incus at a time'), 'JOBS').default(8).argParser(positive),
    )
    .addOption(
      env(
        new Option('--eval-jobs <n>', 'evaluations at a time (default: what the free memory allows)'),
        'EVAL_JOBS',
      ).argParser(positive),
    )
    .addOption(
      env(new Option('--timeout <duration>', 'limit for each switch and each boot: 90s, 10m'), 'TIMEOUT')
        .default(300_000, '5m')
        .argParser(duration),
    )
    .addOption(
      env(new Option('--fail-fast', 'start nothing more after the first failure'), 'FAIL_FAST').default(
        false,
      ),
    );
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a whole number from 1.');
  return value;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

function duration(text: string): number {
  const [, amount, unit = 's'] = /^(\d{1,6})(s|m|h)?$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS[unit] ?? NaN);
  if (!(ms > 0)) throw new InvalidArgumentError('expected a duration such as 90s or 10m.');
  return ms;
}
