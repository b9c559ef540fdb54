import { EXIT, problemOf, ProblemError, type ExitCode } from '../../domain/problem.js';
import { backUpAll, interruptionOf, type BackedUp, type BackingUp } from '../../runtime/backups.js';
import { backUpDue } from '../../runtime/backups-due.js';
import type { Runtime } from '../../runtime/runtime.js';
import { subjectsOf } from '../../runtime/backup-subjects.js';
import { tellInterrupted, type DataOptions } from '../../runtime/data.js';
import { everything, observeIdle } from '../../runtime/observe.js';
import { withLock } from '../../runtime/project-lock.js';
import { unattended } from '../../runtime/unattended.js';
import { selectNamed } from '../../runtime/select.js';
import type { CommandLine } from '../command-line.js';
import { count, examples, timeoutFlag, withLockOptions } from '../options.js';

type BackupOptions = DataOptions & Pick<BackingUp, 'output' | 'keep'> & { readonly due: boolean };

export function addBackup({ program, actionOf }: CommandLine): void {
  withLockOptions(program.command('backup [app...]'))
    .summary("back up apps' volumes")
    .description(
      'Writes a consistent, portable backup of all volumes of each app, one app after the other, and prints the folders. An app is stopped while its volumes are copied, and started again. Without names all that have volumes. With --due those whose `backup` key says when, if that came since the last time; then backups go that `backup.keep` does not ask for.',
    )
    .option('--due', 'only the apps whose `backup.schedule` came since the last time', false)
    .option('--output <folder>', 'put it into <folder>/<app>/<id>, not where the manifest says')
    .option('--keep <n>', 'delete older backups of the app there, up to so many', count)
    .addOption(timeoutFlag('limit for the boot after it: 90s, 10m'))
    .addHelpText(
      'after',
      examples(
        'pets backup',
        'pets backup web db --keep 7',
        'pets backup web --output /mnt/nas/pets',
        'pets backup --due',
      ),
    )
    .action(actionOf(backup));
}

/** Writes a backup of each app's volumes, one after the other; their folders are the result. */
async function backup(
  runtime: Runtime,
  options: BackupOptions,
  selectors: readonly string[],
): Promise<ExitCode> {
  if (options.due && (options.output !== undefined || options.keep !== undefined)) throw bothSaid();
  const now = () => backUpNow(runtime, options, selectors);
  return options.due ? unattended(runtime, 'backup --due', now) : now();
}

function backUpNow(
  runtime: Runtime,
  options: BackupOptions,
  selectors: readonly string[],
): Promise<ExitCode> {
  const read = () => runtime.project();
  return withLock(runtime, { ...options, read }, async (project) => {
    const { manifest } = project;
    const onFolder = (folder: string) => {
      runtime.output.write(`${folder}\n`);
    };
    if (options.due) {
      const asked = { ...options, onFolder, only: selectNamed(selectors, manifest) };
      return endOf(runtime, await backUpDue(runtime, project, asked));
    }
    const actual = await observeIdle(runtime, manifest.project, everything);
    const subjects = subjectsOf(selectors, manifest, actual);
    const how = { ...options, isScheduled: false };
    const done = await runtime.draining((stop) =>
      backUpAll(runtime, subjects, { project, actual, how, stop, onFolder }),
    );
    return endOf(runtime, done);
  });
}

function endOf({ output }: Runtime, done: readonly BackedUp[]): ExitCode {
  if (done.length === 0) output.write('No backup is due.\n');
  const last = done.at(-1);
  const interruption = interruptionOf(done);
  if (last && interruption) return tellInterrupted(output, last.app, interruption);
  const problems = done.flatMap(({ app, failure }) => (failure ? [{ app, ...problemOf(failure) }] : []));
  if (problems.length > 0) throw new ProblemError(problems);
  return EXIT.ok;
}

function bothSaid(): ProblemError {
  const hint =
    'where they go and which stay says `backup` in the manifest; by hand `pets backup <app> --output …`';
  return new ProblemError(
    { code: 'usage', message: '--due goes with neither --output nor --keep', hint },
    EXIT.usage,
  );
}
