import { statSync } from 'node:fs';
import { join } from 'node:path';
import { kindOf } from '../lib/regular-file.js';
import { ProblemError } from '../domain/problem.js';
import type { LocalPath, Manifest, ManifestApp } from '../domain/manifest.js';
import type { Runtime } from './runtime.js';

/** Only what says where they go. */
type Sources = {
  readonly project: string;
  readonly apps: readonly { readonly backup?: ManifestApp['backup'] }[];
};

type Around = Pick<Runtime, 'state'>;

/**
 * The folder with all apps' backups that an app's go to. Rejects where the manifest names one that is not there: what
 * is mounted there may be away, and what is written then is on another disk.
 */
export function placeOf({ state }: Around, { project, apps }: Manifest, app: string): string {
  const to = apps.find(({ name }) => name === app)?.backup?.to ?? null;
  if (to === null) return state.backups(project);
  const fault = faultOf(to);
  if (fault === null) return join(to.path, project);
  throw new ProblemError({
    code: 'backup-failed',
    message: `backups of \`${app}\` go to ${to.path}, and ${fault}`,
    hint: 'is it mounted? pets does not make the folder itself',
  });
}

/** Everywhere that the project's backups may be; pets' own folder first. */
export function placesOf({ state }: Around, { project, apps }: Sources): readonly string[] {
  const named = apps.flatMap(({ backup }) => (backup?.to ? [join(backup.to.path, project)] : []));
  return [...new Set([state.backups(project), ...named])];
}

/** Folders that the manifest names and that cannot be looked into now, each with why. */
export function placesAway({ apps }: Manifest): readonly string[] {
  const named = apps.flatMap(({ backup }) => (backup?.to ? [backup.to] : []));
  const faults = named.flatMap((to) => {
    const fault = faultOf(to);
    return fault === null ? [] : [`backups in ${to.path} are left out: ${fault}`];
  });
  return [...new Set(faults)];
}

function faultOf({ path }: LocalPath): string | null {
  try {
    const info = statSync(path);
    return info.isDirectory() ? null : `that is ${kindOf(info)}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'it is not there' : `it cannot be looked at (${code ?? String(error)})`;
  }
}
