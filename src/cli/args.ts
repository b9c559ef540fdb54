import { Command, CommanderError, Option } from 'commander';
import { EXIT, ProblemError } from '../domain/problem.js';
import { addContract } from './args-contract.js';
import { addBackup, addGenerations, addVolume } from './args-data.js';
import { addAdopt, addDeploy } from './args-deploy.js';
import { addCompletion } from './completion.js';
import { config } from './commands/config.js';
import type { Context, GlobalOptions } from '../runtime/context.js';
import { diff, type DiffOptions } from './commands/diff.js';
import { addDoctor } from './commands/doctor.js';
import { down, type DownOptions } from './commands/down.js';
import { arrange } from './groups.js';
import { addHelp, help } from './help.js';
import {
  dryRun,
  examples,
  flag,
  withGlobalOptions,
  withRunOptions,
  type Ends,
  type JsonOption,
  runtimeFor,
} from './options.js';
import { ps } from './commands/ps.js';
import { runs } from './commands/runs.js';
import { schema } from './commands/schema.js';
import { asTyped, typedFor, type Typed } from '../runtime/typed.js';
import { up, type UpOptions } from './commands/up.js';
import { usageError } from './usage.js';
import { validate } from './commands/validate.js';
import { addVerbs } from './args-verbs.js';
import { VERSION } from '../domain/version.js';

/** Runs the verb that `argv` (without node and script) names. Wrong usage is a ProblemError with exit code 64. */
export async function run(argv: readonly string[], around: Omit<Context, 'argv'>): Promise<number> {
  const context = { ...around, argv };
  let code: number = EXIT.ok;
  const ends: Ends = async (result) => {
    code = await result;
  };
  const program = commandLine(context, ends);
  let typed: Typed = (text) => text;
  program.hook('preAction', (_, verb) => {
    typed = typedFor(verb.opts(), context);
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof ProblemError) throw asTyped(error, typed);
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    // It needs a command below it, and got none.
    if (error.code === 'commander.help')
      return help(
        argv.filter((word) => word !== '--'),
        program,
      );
    throw await usageError(error, program, context);
  }
}

/** All commands with their options: help, completion and the manual page are made from this. */
export function commandLine(context: Context, ends: Ends): Command {
  const program = programFor(context);
  addUp(program, context, ends);
  addDiff(program, context, ends);
  addDown(program, context, ends);
  addGenerations(program, context, ends);
  addReaders(program, context, ends);
  addVolume(program, context, ends);
  addDoctor(program, context, ends);
  addBackup(program, context, ends);
  addContract(program, context, ends);
  addDeploy(program, context, ends);
  addAdopt(program, context, ends);
  addVerbs(program, context, ends);
  addCompletion(program, context, ends);
  addHelp(program, context);
  arrange(program);
  return program;
}

function programFor({ stdout }: Context): Command {
  return (
    new Command('pets')
      .description(
        'Compose for NixOS services on Incus: pets.toml says what should run, `pets up` makes it so.',
      )
      .usage('<command> [options]')
      .version(VERSION, '-v, --version', 'print the version')
      .addHelpOption(new Option('-h, --help', 'show this help'))
      .helpCommand(false)
      // What comes after the command that `exec` runs is for that.
      .enablePositionalOptions()
      .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: () => undefined })
      .exitOverride()
      .addHelpText(
        'after',
        examples(
          'pets diff    # what would `up` do?',
          'pets up      # do it',
          'pets ps      # what is running, and where',
        ),
      )
  );
}

const PRUNE = 'destroy apps that are no longer in the manifest';
const RECREATE = 'make containers anew whose store mode changes; what is on their root disks is lost';

const RETRY = 'try again what failed before and was rolled back';
const STRICT =
  'take away what somebody has added to the containers: disks, proxies, environment and raw config';

function addUp(program: Command, context: Context, ends: Ends): void {
  withRunOptions(program.command('up [app...]'))
    .summary('make the machine match the manifest')
    .description(
      'Creates, rebuilds, re-exposes and starts apps until the machine is as the manifest says, each with the smallest change that does it.',
    )
    .addOption(flag('--prune', PRUNE).default(false))
    .addOption(flag('--recreate', RECREATE).default(false))
    .addOption(flag('--retry', RETRY).default(false))
    .addOption(flag('--strict', STRICT).default(false))
    .addOption(flag('-n, --dry-run', 'only show what would be done, as `pets diff`').default(false))
    .addHelpText(
      'after',
      examples('pets up', 'pets up hello blog', 'pets up --prune', 'pets up --progress json 2> events.jsonl'),
    )
    .action((apps: string[], options: UpOptions & { dryRun: boolean }) =>
      ends(
        options.dryRun
          ? diff(
              runtimeFor(context, options),
              { ...options, json: false, exitCode: false, build: false },
              apps,
            )
          : up(runtimeFor(context, options), options, apps),
      ),
    );
}

function addDiff(program: Command, context: Context, ends: Ends): void {
  withGlobalOptions(program.command('diff [app...]').alias('plan'))
    .summary('show what `up` would do')
    .description(
      'Shows every difference between the manifest and the machine, its cause and what applying it interrupts; for systems that are built already also which packages change. Changes nothing, and builds nothing unless asked to.',
    )
    .option('--json', 'print the plan as JSON (docs/plan.schema.json)', false)
    .option('--exit-code', 'exit with 2 when there are differences', false)
    .addOption(
      flag('--build', 'evaluate and build what changed, to tell which packages change').default(false),
    )
    .addOption(flag('--prune', PRUNE).default(false))
    .addOption(flag('--recreate', RECREATE).default(false))
    .addOption(flag('--retry', RETRY).default(false))
    .addOption(flag('--strict', STRICT).default(false))
    .addHelpText(
      'after',
      examples('pets diff', 'pets diff web --build', 'pets diff --json | jq .apps', 'pets diff --exit-code'),
    )
    .action((apps: string[], options: DiffOptions) =>
      ends(diff(runtimeFor(context, options), options, apps)),
    );
}

function addDown(program: Command, context: Context, ends: Ends): void {
  withRunOptions(program.command('down'))
    .summary('stop and remove all containers of the project')
    .description(
      "Stops and removes every container that bears the project's mark, with its root disk and its generations. Volumes are kept, unless --volumes is given and the project's name confirmed.",
    )
    .option('--volumes', 'delete the volumes as well, and all that is in them', false)
    .option('--confirm <project>', "the project's name, where nobody can be asked for it; for --volumes")
    .addOption(dryRun())
    .addHelpText(
      'after',
      examples(
        'pets down',
        'pets down --yes',
        'pets down --volumes',
        'pets down --volumes --confirm homelab',
      ),
    )
    .action((options: DownOptions) => ends(down(runtimeFor(context, options), options)));
}

function addReaders(program: Command, context: Context, ends: Ends): void {
  withGlobalOptions(program.command('ps [app...]').alias('list'))
    .summary('list the apps: flake, revision, exposure, state, health')
    .description(
      'Lists what is there, and what the manifest has that is not, or those apps of it that are named: flake, revision, exposure, state, how it was found healthy, generation, and whether its system is current, outdated (the manifest, pets.lock or a source has moved on) or stale (an upgrade has not ended, or what is wanted failed and is held).',
    )
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets ps', "pets ps web 'blog-*'", 'pets ps --json'))
    .action((apps: string[], options: JsonOption) => ends(ps(runtimeFor(context, options), options, apps)));
  withGlobalOptions(program.command('runs [id]'))
    .summary('list what `up` and `down` did, or show one run')
    .description(
      'Lists the recorded runs of the project, the newest first. With an id, the beginning of one, or `last`: what became of each app, why, and where the logs are. Asks no daemon.',
    )
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      examples('pets runs', 'pets runs last', 'pets runs 20261121T19', 'pets runs --json'),
    )
    .action((id: string | undefined, options: JsonOption) =>
      ends(runs(runtimeFor(context, options), options, id)),
    );
  withGlobalOptions(program.command('validate'))
    .summary('check the manifest, offline')
    .addHelpText('after', examples('pets validate', 'pets validate --file hosts/box/pets.toml'))
    .action((options: GlobalOptions) => ends(validate(runtimeFor(context, options))));
  withGlobalOptions(program.command('config'))
    .summary('print the manifest with every default filled in')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets config', 'pets config --json'))
    .action((options: JsonOption) => ends(config(runtimeFor(context, options), options)));
  withGlobalOptions(program.command('schema'))
    .summary('print the JSON Schema of the manifest, for editors')
    .addHelpText('after', examples('pets schema > pets.schema.json'))
    .action((options: GlobalOptions) => ends(schema(runtimeFor(context, options))));
}
