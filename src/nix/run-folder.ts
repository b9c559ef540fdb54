import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProblemError } from '../domain/problem.js';

/** Removed when the process ends: what was built is rooted in there until profiles hold it. */
const folders = new Set<string>();
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Of a run that was killed. */
const STALE_MS = 24 * 60 * 60 * 1000;
const PREFIX = 'pets-run-';

/** A folder of this process' own; those that killed ones left behind are removed. */
export async function makeRunFolder(temporary = tmpdir()): Promise<string> {
  // Nix takes it as a URL, and before 2.18 none that needs escaping.
  const parent = /^[\w./-]+$/.test(temporary) ? temporary : '/tmp';
  try {
    await sweep(parent);
    const folder = await mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
    folders.add(folder);
    return folder;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new ProblemError({
      code: 'file-unwritable',
      message: `cannot make a temporary folder: ${words}`,
      hint: 'see TMPDIR and the disk',
    });
  }
}

async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, pid] = new RegExp(`^${PREFIX}(\\d+)-\\w{6}$`).exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(parent, name);
    // Somebody else may sweep as well, and another user's is not ours to remove.
    const info = await stat(path).catch(() => null);
    if (info === null || info.uid !== process.getuid?.() || Date.now() - info.mtimeMs < STALE_MS) continue;
    await rm(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
