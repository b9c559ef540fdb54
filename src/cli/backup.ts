import { resolve } from 'node:path';
import { takeBackup } from '../backup/take.js';
import { EXIT, ProblemError, type ExitCode } from '../problem.js';
import type { Context } from './context.js';
import { backupsRoot, interrupted, subjectOf, workFor, type DataOptions } from './data.js';
import { observeToWrite } from './finish.js';
import { everything } from './observe.js';
import { readProject } from './project.js';
import { holdProject } from './project-lock.js';

export type BackupOptions = DataOptions & { readonly output?: string };

/** Writes a backup of the app's volumes; its folder is the result. */
export async function backup(app: string, options: BackupOptions, context: Context): Promise<ExitCode> {
  const { manifest } = await readProject(context, options.file);
  const release = await holdProject(manifest.project, 'backup', context.env);
  try {
    const actual = await observeToWrite(manifest.project, everything, context);
    const subject = subjectOf(app, manifest, actual);
    if (subject.volumes.length === 0) throw nothingToBackUp(app);
    const { output } = options;
    const root = output === undefined ? backupsRoot(manifest, context.env) : resolve(context.cwd, output);
    const work = workFor(app, root, manifest, options, context);
    const { folder } = await context.draining((stop) => takeBackup(subject, { ...work, stop }));
    context.stdout.write(`${folder}\n`);
    return EXIT.ok;
  } catch (error) {
    return interrupted(app, error, options, context);
  } finally {
    await release();
  }
}

function nothingToBackUp(app: string): ProblemError {
  return new ProblemError({
    message: `\`${app}\` has no volumes: there is nothing to back up`,
    hint: 'give it some with `volumes` in pets.toml; what is on a root disk is not backed up',
  });
}
