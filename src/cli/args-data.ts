import type { Command } from 'commander';
import { backup, type BackupOptions } from './commands/backup.js';
import { backups } from './commands/backups.js';
import type { Context } from '../runtime/context.js';
import { gc } from './commands/gc.js';
import { history } from './commands/history.js';
import {
  count,
  dryRun,
  examples,
  flag,
  timeoutFlag,
  withGlobalOptions,
  withLockOptions,
  withRunOptions,
  type Ends,
  type JsonOption,
  runtimeFor,
} from './options.js';
import { restore, type RestoreOptions } from './commands/restore.js';
import { rollback, type RollbackOptions } from './commands/rollback.js';
import type { RunOptions } from '../runtime/carry-out.js';
import { volumeLs, volumeRm, type VolumeRmOptions } from './commands/volume.js';

export function addVolume(program: Command, context: Context, ends: Ends): void {
  const volume = program
    .command('volume')
    .summary("list the apps' volumes, or delete one")
    .helpCommand(false)
    .addHelpText('after', examples('pets volume ls', 'pets volume rm web/data'));
  withGlobalOptions(volume.command('ls').alias('list'))
    .summary('list the volumes of the project, kept ones too')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets volume ls', 'pets volume ls --json'))
    .action((options: JsonOption) => ends(volumeLs(runtimeFor(context, options), options)));
  withLockOptions(volume.command('rm <app/volume>'))
    .summary('delete a volume that no app has attached, for good')
    .option('--confirm <app/volume>', 'its name once more, where nobody can be asked')
    .addOption(flag('--no-input', 'never ask'))
    .addHelpText('after', examples('pets volume rm web/data', 'pets volume rm web/data --confirm web/data'))
    .action((name: string, options: VolumeRmOptions) =>
      ends(volumeRm(runtimeFor(context, options), options, name)),
    );
}

export function addBackup(program: Command, context: Context, ends: Ends): void {
  withLockOptions(program.command('backup [app...]'))
    .summary("back up apps' volumes")
    .description(
      'Writes a consistent, portable backup of all volumes of each app, one app after the other, and prints the folders. An app is stopped while its volumes are copied, and started again. Without names all that have volumes.',
    )
    .option('--output <folder>', 'put it into <folder>/<app>/<id>, not with the project’s other backups')
    .option('--keep <n>', 'delete older backups of the app there, up to so many', count)
    .addOption(timeoutFlag('limit for the boot after it: 90s, 10m'))
    .addHelpText(
      'after',
      examples('pets backup', 'pets backup web db --keep 7', 'pets backup web --output /mnt/nas/pets'),
    )
    .action((apps: string[], options: BackupOptions) =>
      ends(backup(runtimeFor(context, options), options, apps)),
    );
  withGlobalOptions(program.command('backups [app]'))
    .summary('list the backups with time, size and revision')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets backups', 'pets backups web', 'pets backups --json'))
    .action((app: string | undefined, options: JsonOption) =>
      ends(backups(runtimeFor(context, options), options, app)),
    );
  withLockOptions(program.command('restore <app> [id]'))
    .summary("put an app's volumes back as they were in a backup")
    .description(
      "Replaces the app's volumes by those of a backup: the newest, or the one whose id begins so. What is replaced is backed up as well. Where the app does not come up with them, it gets its own back.",
    )
    .option('--from <folder>', 'the folder of a backup that is somewhere else')
    .option('--confirm <app>', "the app's name, where nobody can be asked for it")
    .addOption(dryRun())
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
      ends(restore(runtimeFor(context, options), options, app, id)),
    );
}

export function addGenerations(program: Command, context: Context, ends: Ends): void {
  withGlobalOptions(program.command('history <app>'))
    .summary('list the generations of an app')
    .description(
      'Lists what the app can be returned to: each generation with when it was found good, its revision, how its health was told, and its system. The current one is marked.',
    )
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets history web', 'pets history web --json'))
    .action((app: string, options: JsonOption) => ends(history(runtimeFor(context, options), options, app)));
  withRunOptions(program.command('rollback <app> [generation]'))
    .summary('return an app to an earlier generation')
    .description(
      'Makes an earlier generation serve again, with the ports, mounts and settings it had, without a build; the one before the current unless a number is given. What it leaves is not brought back by `up` until the manifest changes or --retry is given.',
    )
    .addOption(
      flag('--data', 'give the volumes back what they held when that generation was left').default(false),
    )
    .addOption(dryRun())
    .addHelpText('after', examples('pets rollback web', 'pets rollback web 3', 'pets rollback web 3 --data'))
    .action((app: string, generation: string | undefined, options: RollbackOptions) =>
      ends(rollback(runtimeFor(context, options), options, app, generation)),
    );
  withRunOptions(program.command('gc'))
    .summary('remove generations that are not kept any more')
    .description(
      'Removes generations beyond `keep` with their copies of volumes, and what is left on the host of pets that are gone. No volume is touched.',
    )
    .addOption(dryRun())
    .addHelpText('after', examples('pets gc', 'pets gc --dry-run', 'pets gc && nix-collect-garbage'))
    .action((options: RunOptions) => ends(gc(runtimeFor(context, options), options)));
}
