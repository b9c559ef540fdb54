import { resolve } from 'node:path';
import { takeBackup } from '../backup/take.js';
import { EXIT, ProblemError, type ExitCode } from '../problem.js';
import type { Context } from './context.js';
import { backupsRoot, interrupted, subjectOf, workFor, type DataOptions } from './data.js';
import { everything, observeAtRest } from './observe.js';
import { readProject } from './project.js';
import { withLock } from './project-lock.js';

export type BackupOptions = DataOptions & { readonly output?: string };

/** Writes a backup of the app's volumes; its folder is the result. */
export async function backup(app: string, options: BackupOptions, context: Context): Promise<ExitCode> {
  const read = () => readProject(context, options.file);
  const ended = withLock(read, options, context, async ({ manifest }) => {
    const subject = subjectOf(app, manifest, await observeAtRest(manifest.project, everything, context.env));
    if (subject.volumes.length === 0) throw nothingToBackUp(app);
    const { output } = options;
    const root = output === undefined ? backupsRoot(manifest, context.env) : resolve(context.cwd, output);
    const work = workFor(app, root, manifest, options, context);
    const { folder } = await context.draining((stop) => takeBackup(subject, { ...work, stop }));
    context.stdout.write(`${folder}\n`);
    return EXIT.ok;
  });
  return ended.catch((error: unknown) => interrupted(app, error, options, context));
}

function nothingToBackUp(app: string): ProblemError {
  return new ProblemError({
    message: `\`${app}\` has no volumes: there is nothing to back up`,
    hint: 'give it some with `volumes` in pets.toml; what is on a root disk is not backed up',
  });
}
