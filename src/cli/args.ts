import { Command, CommanderError } from 'commander';
import { EXIT, ProblemError, type ExitCode } from '../problem.js';
import { backup, type BackupOptions } from './backup.js';
import { backups } from './backups.js';
import { config } from './config.js';
import type { Context, GlobalOptions } from './context.js';
import { diff, type DiffOptions } from './diff.js';
import { down, type DownOptions } from './down.js';
import { examples, flag, timeoutFlag, withGlobalOptions, withRunOptions } from './options.js';
import { ps } from './ps.js';
import { restore, type RestoreOptions } from './restore.js';
import { schema } from './schema.js';
import { up, type UpOptions } from './up.js';
import { validate } from './validate.js';
import { VERSION } from './version.js';
import { volumeLs, volumeRm, type VolumeRmOptions } from './volume.js';

/** Takes the verb's promise, so that the command line knows with which code it ended. */
type Ends = (result: Promise<ExitCode>) => Promise<void>;
type JsonOption = GlobalOptions & { readonly json: boolean };

/** Runs the verb that `argv` (without node and script) names. Wrong usage is a ProblemError with exit code 64. */
export async function run(argv: readonly string[], context: Context): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const ends: Ends = async (result) => {
    code = await result;
  };
  const program = programFor(context);
  addUp(program, context, ends);
  addDiff(program, context, ends);
  addDown(program, context, ends);
  addReaders(program, context, ends);
  addVolume(program, context, ends);
  addBackup(program, context, ends);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    throw error instanceof CommanderError ? usageError(error) : error;
  }
}

function programFor({ stdout }: Context): Command {
  return new Command('pets')
    .description(
      'Compose for NixOS services on Incus: pets.toml says what should run, `pets up` makes it so.',
    )
    .version(VERSION, '-V, --version')
    .helpCommand(false)
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: () => undefined })
    .exitOverride()
    .addHelpText(
      'after',
      examples(
        'pets diff    # what would `up` do?',
        'pets up      # do it',
        'pets ps      # what is running, and where',
      ),
    );
}

const PRUNE = 'destroy apps that are no longer in the manifest';
const RECREATE = 'make containers anew whose store mode changes; what is on their root disks is lost';

function addUp(program: Command, context: Context, ends: Ends): void {
  withRunOptions(program.command('up [app...]'))
    .summary('make the machine match the manifest')
    .description(
      'Creates, rebuilds, re-exposes and starts apps until the machine is as the manifest says, each with the smallest change that does it.',
    )
    .addOption(flag('--prune', PRUNE).default(false))
    .addOption(flag('--recreate', RECREATE).default(false))
    .addOption(flag('-n, --dry-run', 'only show what would be done, as `pets diff`').default(false))
    .addHelpText(
      'after',
      examples('pets up', 'pets up hello blog', 'pets up --prune', 'pets up --progress json 2> events.jsonl'),
    )
    .action((apps: string[], options: UpOptions & { dryRun: boolean }) =>
      ends(
        options.dryRun
          ? diff(apps, { ...options, json: false, exitCode: false }, context)
          : up(apps, options, context),
      ),
    );
}

function addDiff(program: Command, context: Context, ends: Ends): void {
  withGlobalOptions(program.command('diff [app...]').alias('plan'))
    .summary('show what `up` would do')
    .description(
      'Shows every difference between the manifest and the machine, its cause and what applying it interrupts. Writes nothing and builds nothing.',
    )
    .option('--json', 'print the plan as JSON (docs/plan.schema.json)', false)
    .option('--exit-code', 'exit with 2 when there are differences', false)
    .addOption(flag('--prune', PRUNE).default(false))
    .addHelpText(
      'after',
      examples('pets diff', 'pets diff web', 'pets diff --json | jq .apps', 'pets diff --exit-code'),
    )
    .action((apps: string[], options: DiffOptions) => ends(diff(apps, options, context)));
}

function addDown(program: Command, context: Context, ends: Ends): void {
  withRunOptions(program.command('down'))
    .summary('stop and remove all containers of the project')
    .description(
      "Stops and removes every container that bears the project's mark, with its root disk and its generations. Volumes are kept, unless --volumes is given and the project's name confirmed.",
    )
    .option('--volumes', 'delete the volumes as well, and all that is in them', false)
    .option('--confirm <project>', "the project's name, where nobody can be asked for it; for --volumes")
    .addHelpText(
      'after',
      examples(
        'pets down',
        'pets down --yes',
        'pets down --volumes',
        'pets down --volumes --confirm homelab',
      ),
    )
    .action((options: DownOptions) => ends(down(options, context)));
}

function addReaders(program: Command, context: Context, ends: Ends): void {
  withGlobalOptions(program.command('ps').alias('list'))
    .summary('list the apps with flake, revision, URL and state')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets ps', 'pets ps --json'))
    .action((options: JsonOption) => ends(ps(options, context)));
  withGlobalOptions(program.command('validate'))
    .summary('check the manifest, offline')
    .addHelpText('after', examples('pets validate', 'pets validate --file hosts/box/pets.toml'))
    .action((options: GlobalOptions) => ends(validate(options, context)));
  withGlobalOptions(program.command('config'))
    .summary('print the manifest with every default filled in')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets config', 'pets config --json'))
    .action((options: JsonOption) => ends(config(options, context)));
  withGlobalOptions(program.command('schema'))
    .summary('print the JSON Schema of the manifest, for editors')
    .addHelpText('after', examples('pets schema > pets.schema.json'))
    .action(() => ends(schema(context)));
}

function addVolume(program: Command, context: Context, ends: Ends): void {
  const volume = program
    .command('volume')
    .summary("list the apps' volumes, or delete one")
    .helpCommand(false)
    .addHelpText('after', examples('pets volume ls', 'pets volume rm web/data'));
  withGlobalOptions(volume.command('ls').alias('list'))
    .summary('list the volumes of the project, kept ones too')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets volume ls', 'pets volume ls --json'))
    .action((options: JsonOption) => ends(volumeLs(options, context)));
  withGlobalOptions(volume.command('rm <app/volume>'))
    .summary('delete a volume that no app has attached, for good')
    .option('--confirm <app/volume>', 'its name once more, where nobody can be asked')
    .addOption(flag('--no-input', 'never ask'))
    .addHelpText('after', examples('pets volume rm web/data', 'pets volume rm web/data --confirm web/data'))
    .action((name: string, options: VolumeRmOptions) => ends(volumeRm(name, options, context)));
}

function addBackup(program: Command, context: Context, ends: Ends): void {
  withGlobalOptions(program.command('backup <app>'))
    .summary("back up an app's volumes")
    .description(
      'Writes a consistent, portable backup of all volumes of the app and prints its folder. The app is stopped while they are copied, and started again.',
    )
    .option('--output <folder>', 'put it into <folder>/<app>/<id>, not with the project’s other backups')
    .addOption(timeoutFlag('limit for the boot after it: 90s, 10m'))
    .addHelpText('after', examples('pets backup web', 'pets backup web --output /mnt/nas/pets'))
    .action((app: string, options: BackupOptions) => ends(backup(app, options, context)));
  withGlobalOptions(program.command('backups [app]'))
    .summary('list the backups with time, size and revision')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets backups', 'pets backups web', 'pets backups --json'))
    .action((app: string | undefined, options: JsonOption) => ends(backups(app, options, context)));
  withGlobalOptions(program.command('restore <app> [id]'))
    .summary("put an app's volumes back as they were in a backup")
    .description(
      "Replaces the app's volumes by those of a backup: the newest, or the one whose id begins so. What is replaced is backed up as well. Where the app does not come up with them, it gets its own back.",
    )
    .option('--from <folder>', 'the folder of a backup that is somewhere else')
    .option('--confirm <app>', "the app's name, where nobody can be asked for it")
    .addOption(flag('--no-input', 'never ask'))
    .addOption(timeoutFlag('limit for the boot after it: 90s, 10m'))
    .addHelpText(
      'after',
      examples(
        'pets restore web',
        'pets restore web 20260131 --confirm web',
        'pets restore web --from /mnt/nas/pets/web/20260131-235959',
      ),
    )
    .action((app: string, id: string | undefined, options: RestoreOptions) =>
      ends(restore(app, id, options, context)),
    );
}

function usageError({ code, message }: CommanderError): ProblemError {
  if (code === 'commander.help') {
    const hint = '`pets --help` lists them; a command of several has a --help of its own';
    return new ProblemError({ message: 'no command given', hint }, EXIT.usage);
  }
  const words = message.replace(/^error: /, '').replace(/\n\(/, ' (');
  const hint =
    code === 'commander.unknownOption'
      ? 'options come after the command; `pets <command> --help` lists them'
      : '`pets --help` lists the commands, `pets <command> --help` their options';
  return new ProblemError({ message: words, hint }, EXIT.usage);
}
