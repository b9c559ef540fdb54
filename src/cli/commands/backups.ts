import { join } from 'node:path';
import { idsIn, namesIn, readBackup, type Found } from '../../backup/folder.js';
import { isAppName } from '../../domain/names.js';
import { EXIT, problemOf, type ExitCode } from '../../domain/problem.js';
import { jsonText, table } from '../../ui/index.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { CommandLine } from '../command-line.js';
import { examples, withGlobalOptions } from '../options.js';

export function addBackups({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('backups [app]'))
    .summary('list the backups with time, size and revision')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets backups', 'pets backups web', 'pets backups --json'))
    .action(actionOf(backups));
}

/** The project's backups, or one app's, newest first; those of apps that are gone included. */
async function backups(
  runtime: Runtime,
  options: { readonly json: boolean },
  app: string | undefined,
): Promise<ExitCode> {
  const { manifest } = await runtime.project();
  const root = runtime.state.backups(manifest.project);
  const apps = app === undefined ? (await namesIn(root)).filter(isAppName) : [app];
  const warn = (line: string) => {
    runtime.output.notice('warning', line);
  };
  const found = (await Promise.all(apps.map((name) => listBackups(join(root, name), warn)))).flat();
  found.sort((a, b) => b.id.localeCompare(a.id, 'en', { numeric: true }));
  if (options.json) {
    const records = found.map(({ id, folder, backup }) => ({
      id,
      folder,
      bytes: bytesOf(backup),
      ...backup,
    }));
    runtime.output.write(jsonText({ version: 1, project: manifest.project, backups: records }));
    return EXIT.ok;
  }
  const rows = found.map(({ id, backup }) => [
    backup.app,
    id,
    backup.time.slice(0, 19).replace('T', ' '),
    sizeText(bytesOf(backup)),
    backup.revision ?? '-',
    backup.volumes.map(({ name }) => name).join(', '),
    ...((backup.killed ?? null) === null ? [] : ['copied after a kill']),
  ]);
  runtime.output.write(table(rows, ['APP', 'ID', 'WHEN (UTC)', 'SIZE', 'REVISION', 'VOLUMES']));
  return EXIT.ok;
}

/** One that cannot be read is told, and hides no other. */
async function listBackups(folder: string, warn: (line: string) => void): Promise<Found[]> {
  const found: Found[] = [];
  for (const id of await idsIn(folder)) {
    const path = join(folder, id);
    try {
      found.push({ id, folder: path, backup: await readBackup(path) });
    } catch (error) {
      warn(problemOf(error).message);
    }
  }
  return found;
}

function bytesOf({ volumes }: Found['backup']): number {
  return volumes.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** As Incus writes sizes. */
function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const n = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 2 ** (10 * n)).toFixed(n === 0 ? 0 : 1)}${units[n] ?? ''}`;
}
