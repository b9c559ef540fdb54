import { resolve } from 'node:path';
import { readBackup, verify, type Found } from '../../backup/folder.js';
import { isStaged } from '../../backup/names.js';
import { restoreBackup, volumesLeft, type Restored } from '../../backup/restore.js';
import { changeOf, replacedBy, type SecretChange } from '../../backup/secrets.js';
import { refuseOthers, type BackupTarget } from '../../backup/subject.js';
import type { Manifest } from '../../domain/manifest.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import { findBackup } from '../../runtime/backup-list.js';
import { placeOf } from '../../runtime/backup-places.js';
import type { Runtime } from '../../runtime/runtime.js';
import { tellInterrupted, subjectOf, workFor, type DataOptions } from '../../runtime/data.js';
import { everything, observeFor } from '../../runtime/observe.js';
import { withLock } from '../../runtime/project-lock.js';
import type { CommandLine } from '../command-line.js';
import { dryRun, examples, flag, timeoutFlag, withLockOptions } from '../options.js';

type RestoreOptions = DataOptions & {
  readonly from?: string;
  readonly confirm?: string;
  readonly input: boolean;
};

export function addRestore({ program, actionOf }: CommandLine): void {
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
    .action(actionOf(restore));
}

/** Puts the app's volumes back as they were in a backup. What it replaces must be confirmed, and is backed up. */
async function restore(
  runtime: Runtime,
  options: RestoreOptions,
  app: string,
  id: string | undefined,
): Promise<ExitCode> {
  const read = () => runtime.project();
  const ended = withLock(runtime, { ...options, read }, async ({ manifest }) => {
    const subject = subjectOf(
      app,
      manifest,
      await observeFor(runtime, manifest.project, { ...everything, dryRun: options.dryRun }),
    );
    const from = await backupFor(runtime, options, manifest, app, id);
    const say = (line: string) => {
      runtime.output.step(app, line);
    };
    say(`checking ${from.folder}`);
    await verify(from.folder, from.backup, runtime.output.tell(app));
    const { killed = null } = from.backup;
    if (killed !== null) say(`warning: the app was ended by force before this was copied (${killed})`);
    // What is replaced goes where the app's backups go, if that is there; nothing was touched yet.
    const root = placeOf(runtime, manifest, app);
    const work = workFor(runtime, { app, root, manifest, timeout: options.timeout });
    const secrets = await changeOf(from, subject, work);
    if (options.dryRun === true) {
      refuseOthers(subject);
      runtime.output.write(planText(from, secrets, subject));
      return EXIT.ok;
    }
    await confirmRestore(runtime, options, from, secrets, subject);
    const restored = await runtime.draining((stop) =>
      restoreBackup(from, secrets, subject, { ...work, stop }),
    );
    tell(restored, from, subject, say);
    const names = restored.volumes.map((name) => `${app}/${name}`);
    runtime.output.write(`restored ${names.join(', ')} from ${from.folder}\n`);
    return EXIT.ok;
  });
  return ended.catch((error: unknown) => tellInterrupted(runtime.output, app, error));
}

/** What a restore would do, a line each. */
function planText(from: Found, secrets: SecretChange, subject: BackupTarget): string {
  const { app, isUp } = subject;
  const replaced = replacedNames(from, secrets, subject);
  const lines = [
    `restores ${from.backup.volumes.map(({ name }) => `${app}/${name}`).join(', ')} from ${from.folder}, taken ${from.backup.time}`,
    ...(replaced.length > 0 ? [`replaces ${replaced.join(', ')}, which is backed up first`] : []),
    ...volumesLeft(from, subject).map((name) => `${name} is not in that backup, and stays as it is`),
    ...(isUp ? [`stops ${app} meanwhile`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** What is there now and would not be any more. */
function replacedNames({ backup }: Found, secrets: SecretChange, { volumes }: BackupTarget): string[] {
  const names = backup.volumes.map(({ name }) => name);
  const own = volumes.filter((v) => !isStaged(v) && names.includes(v.volume)).map((v) => v.volume);
  return [...own, ...replacedBy(secrets).map((name) => `the secret ${name}`)];
}

/** What a person may want to do next, or not expect. */
function tell(
  { volumes, secrets, replaced }: Restored,
  from: Found,
  subject: BackupTarget,
  say: (line: string) => void,
): void {
  const { app } = subject;
  for (const name of volumesLeft(from, subject)) say(`${name} is not in that backup, and stays as it is`);
  if (replaced) say(`what was replaced is the backup ${replaced.id}: \`pets restore ${app} ${replaced.id}\``);
  if (secrets.length > 0) say(`${secrets.join(', ')}: the secret of then; \`pets up ${app}\` records it`);
  if (!volumes.every((name) => isAttached(name, subject)))
    say(`\`pets up ${app}\` attaches what was restored`);
}

function isAttached(name: string, { volumes, paths }: BackupTarget): boolean {
  return volumes.some((v) => v.volume === name && paths.has(v.name));
}

async function backupFor(
  runtime: Runtime,
  { from }: RestoreOptions,
  manifest: Manifest,
  app: string,
  id: string | undefined,
): Promise<Found> {
  if (from === undefined) return findBackup(runtime, manifest, app, id);
  if (id !== undefined)
    throw new ProblemError(
      { code: 'usage', message: 'an id and --from name two backups', hint: 'give one' },
      EXIT.usage,
    );
  const folder = resolve(runtime.cwd, from);
  return { id: '', folder, backup: await readBackup(folder) };
}

/** Where nothing is replaced there is nothing to ask. */
async function confirmRestore(
  runtime: Runtime,
  options: RestoreOptions,
  from: Found,
  secrets: SecretChange,
  subject: BackupTarget,
): Promise<void> {
  const { app } = subject;
  const replaced = replacedNames(from, secrets, subject);
  if (replaced.length === 0) return;
  const { backup } = from;
  const whose = backup.app === app ? '' : ` of ${backup.project}/${backup.app}`;
  const what = `this replaces ${replaced.join(', ')} of \`${app}\` by the backup${whose} from ${backup.time}; what is there now is backed up first`;
  const { confirm } = options;
  if (confirm === undefined && !runtime.prompt.mayAsk) {
    const given = [...(options.from === undefined ? [] : ['--from', options.from]), '--confirm', app].join(
      ' ',
    );
    const id = from.id === '' ? '' : `${from.id} `;
    throw new ProblemError(
      { code: 'not-confirmed', message: what, hint: `confirm it: \`pets restore ${app} ${id}${given}\`` },
      EXIT.usage,
    );
  }
  const answer = confirm ?? (await runtime.prompt.ask(`T${what.slice(1)}. Type the app's name:`));
  if (answer === app) return;
  throw new ProblemError(
    { code: 'not-confirmed', message: 'that is not its name; nothing was touched' },
    EXIT.usage,
  );
}
