import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gitIn } from '../../lib/environment.js';
import { makeFolder, MODES, rewriteFile, writeMade } from '../../lib/files.js';
import type { Exec } from '../../lib/program.js';
import { repositoryOf } from '../../nix/files.js';
import { ProblemError } from '../../domain/problem.js';
import { fileDiffText, type FileChange } from '../../ui/index.js';
import type { Runtime } from '../runtime.js';

/** `path`: relative to `folder`. */
export type NewFile = { readonly path: string; readonly text: string };

export function showChanges(runtime: Runtime, changes: readonly FileChange[]): void {
  const color = runtime.output.colors.stdout;
  runtime.output.write(fileDiffText(changes, color));
}

/** Writes files that are not there yet: all of them, or none. */
export async function writeNew(folder: string, files: readonly NewFile[]): Promise<void> {
  const written: string[] = [];
  try {
    for (const { path, text } of files) {
      const target = join(folder, path);
      await makeFolder(dirname(target), MODES.shared.folder);
      await writeMade(target, text, { flag: 'wx', mode: MODES.shared.file });
      written.push(target);
    }
  } catch (error) {
    for (const target of written) await rm(target, { force: true });
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw inTheWay(path ?? folder);
    throw new ProblemError({
      code: 'file-unwritable',
      message: `cannot write: ${message}; nothing was written`,
    });
  }
}

export function inTheWay(path: string): ProblemError {
  const hint = 'move it away, or take what is there; nothing is ever overwritten';
  return new ProblemError({
    code: 'file-exists',
    message: `there is a ${path} already; nothing was written`,
    hint,
  });
}

/** Another text in place of `before`, whole or not at all. `path`: no link. */
export async function rewrite(path: string, text: string): Promise<void> {
  try {
    await rewriteFile(path, text, MODES.shared.file);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new ProblemError({ code: 'file-unwritable', message: `cannot write ${path}: ${words}` });
  }
}

/**
 * In a git work tree Nix sees no file that git does not know of; its content need not be staged. `paths`: relative to
 * `folder`. What git refuses has been written, and is the caller's to remove.
 */
export async function makeVisible(folder: string, paths: readonly string[], exec: Exec): Promise<void> {
  if (repositoryOf(folder) === null) return;
  const result = await exec('git', gitIn(folder, 'add', '--intent-to-add', '--', ...paths));
  if (result.exitCode === 0) return;
  const [words = ''] = result.stderr.split('\n');
  throw new ProblemError({
    code: 'git-failed',
    message: `git does not take ${paths.join(' and ')}, and what it does not know Nix does not see: ${words}; nothing was written`,
    hint: `see .gitignore; \`git -C ${folder} check-ignore -v ${paths.join(' ')}\` says which line it is`,
  });
}
