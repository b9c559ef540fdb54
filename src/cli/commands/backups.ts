import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import { jsonText, table } from '../../ui/index.js';
import { listBackups } from '../../runtime/backup-list.js';
import { verdictOn, type Judged } from '../../runtime/backup-verdict.js';
import { tellInterrupted } from '../../runtime/data.js';
import { withLock, type LockOptions } from '../../runtime/project-lock.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { CommandLine } from '../command-line.js';
import { examples, withLockOptions } from '../options.js';

type Options = LockOptions & { readonly json: boolean; readonly verify: boolean };

export function addBackups({ program, actionOf }: CommandLine): void {
  withLockOptions(program.command('backups [app]'))
    .summary('list the backups with time, size and revision')
    .description(
      'Lists the backups of the project, or of one app, wherever the manifest has them go. With --verify the files of each are compared with their checksums, and the newest of each app is restored into volumes made for it, compared file by file, and deleted again; no app is touched.',
    )
    .option('--verify', 'see whether they can be restored', false)
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      examples('pets backups', 'pets backups web', 'pets backups --verify', 'pets backups --json'),
    )
    .action(actionOf(backups));
}

/** The project's backups, or one app's, newest first; those of apps that are gone included. */
async function backups(runtime: Runtime, options: Options, app: string | undefined): Promise<ExitCode> {
  if (options.verify) return verifyAll(runtime, options, app);
  const { manifest } = await runtime.project();
  const found = await listBackups(runtime, manifest, app);
  show(
    runtime,
    found.map((one) => ({ ...one, verdict: null })),
    manifest.project,
    options,
  );
  return EXIT.ok;
}

function verifyAll(runtime: Runtime, options: Options, app: string | undefined): Promise<ExitCode> {
  const read = () => runtime.project();
  return withLock(runtime, { ...options, read }, async (project) => {
    const found = await listBackups(runtime, project.manifest, app);
    const judged: Judged[] = [];
    try {
      await runtime.draining(async (stop) => {
        for (const one of found)
          judged.push({ ...one, verdict: await verdictOn(runtime, project, one, { found, stop }) });
      });
    } catch (error) {
      return tellInterrupted(runtime.output, judged.at(-1)?.backup.app ?? project.manifest.project, error);
    }
    show(runtime, judged, project.manifest.project, options);
    const problems = judged.flatMap(({ verdict, backup }) =>
      typeof verdict === 'object' && verdict !== null ? [{ app: backup.app, ...verdict.problem }] : [],
    );
    if (problems.length > 0) throw new ProblemError(problems);
    return EXIT.ok;
  });
}

function show(
  { output }: Runtime,
  judged: readonly Judged[],
  project: string,
  { json, verify }: Options,
): void {
  output.write(
    json
      ? jsonText({ version: 1, project, backups: judged.map((one) => recordOf(one, verify)) })
      : textOf(judged, verify),
  );
}

function recordOf({ id, folder, backup, verdict }: Judged, isVerified: boolean): object {
  const verified = typeof verdict === 'object' ? (verdict?.problem.message ?? null) : verdict;
  return { id, folder, bytes: bytesOf(backup), ...backup, ...(isVerified && { verified }) };
}

function textOf(judged: readonly Judged[], isVerified: boolean): string {
  const rows = judged.map(({ id, backup, verdict }) => [
    backup.app,
    id,
    backup.time.slice(0, 19).replace('T', ' '),
    sizeText(bytesOf(backup)),
    backup.revision ?? '-',
    backup.volumes.map(({ name }) => name).join(', '),
    ...(isVerified ? [typeof verdict === 'string' ? verdict : 'DAMAGED'] : []),
    ...((backup.killed ?? null) === null ? [] : ['copied after a kill']),
  ]);
  const header = ['APP', 'ID', 'WHEN (UTC)', 'SIZE', 'REVISION', 'VOLUMES'];
  return table(rows, isVerified ? [...header, 'VERIFIED'] : header);
}

function bytesOf({ volumes }: Judged['backup']): number {
  return volumes.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** As Incus writes sizes. */
function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const n = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 2 ** (10 * n)).toFixed(n === 0 ? 0 : 1)}${units[n] ?? ''}`;
}
