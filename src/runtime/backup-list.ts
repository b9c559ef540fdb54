import { join } from 'node:path';
import { idsIn, namesIn, readBackup, type Found } from '../backup/folder.js';
import { chooseBackup } from '../backup/format.js';
import type { Manifest } from '../domain/manifest.js';
import { isAppName } from '../domain/names.js';
import { problemOf } from '../domain/problem.js';
import { placesAway, placesOf } from './backup-places.js';
import type { Runtime } from './runtime.js';

type Around = Pick<Runtime, 'state' | 'output'>;

/** The project's backups, or one app's, newest first; those of apps that are gone included. What cannot be read is a warning. */
export async function listBackups(
  { state, output }: Around,
  manifest: Manifest,
  app: string | undefined,
): Promise<Found[]> {
  const warn = (line: string) => {
    output.notice('warning', line);
  };
  for (const line of placesAway(manifest)) warn(line);
  const found: Found[] = [];
  for (const place of placesOf({ state }, manifest)) {
    const apps = app === undefined ? (await namesIn(place)).filter(isAppName) : [app];
    for (const name of apps) found.push(...(await backupsIn(join(place, name), warn)));
  }
  return found.sort((a, b) => b.id.localeCompare(a.id, 'en', { numeric: true }));
}

/** One that cannot be read is told, and hides no other. */
async function backupsIn(folder: string, warn: (line: string) => void): Promise<Found[]> {
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

/** The app's backup that an id or the start of one means, wherever it is; the newest without. */
export async function findBackup(
  { state, output }: Around,
  manifest: Manifest,
  app: string,
  wanted: string | undefined,
): Promise<Found> {
  const folders = new Map<string, string>();
  for (const place of placesOf({ state }, manifest))
    for (const id of await idsIn(join(place, app))) folders.set(id, join(place, app, id));
  for (const line of placesAway(manifest)) output.notice('warning', line);
  const ids = [...folders.keys()].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const id = chooseBackup(wanted, ids, app);
  const folder = folders.get(id) ?? '';
  return { id, folder, backup: await readBackup(folder) };
}
