import { chmodSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** Modes of what pets makes, whatever the umask of who runs it. */
export const MODES = {
  /** Only the owner reads it. */
  private: { folder: 0o700, file: 0o600 },
  /** Everybody reads it and only the owner writes it: guests boot by it, and others of the repository read it. */
  shared: { folder: 0o755, file: 0o644 },
} as const;

/** Makes a folder and those above it that are missing. One that is there stays as it is. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode });
  for (const folder of made(path, first)) await setMode(folder, mode);
}

export function makeFolderSync(path: string, mode: number): void {
  const first = mkdirSync(path, { recursive: true, mode });
  for (const folder of made(path, first)) setModeSync(folder, mode);
}

export async function writeMade(
  path: string,
  content: string | Uint8Array,
  { mode, ...how }: { readonly mode: number; readonly flag?: string; readonly flush?: boolean },
): Promise<void> {
  await writeFile(path, content, { mode, ...how });
  await setMode(path, mode);
}

export function writeMadeSync(path: string, content: string, mode: number): void {
  writeFileSync(path, content, { mode });
  setModeSync(path, mode);
}

/** What was asked for at its making can only have been too little: the umask takes away. */
export async function setMode(path: string, mode: number): Promise<void> {
  if (((await stat(path)).mode & PERMISSIONS) !== mode) await chmod(path, mode).catch(unlessWithoutModes);
}

export function setModeSync(path: string, mode: number): void {
  if ((statSync(path).mode & PERMISSIONS) === mode) return;
  try {
    chmodSync(path, mode);
  } catch (error) {
    unlessWithoutModes(error);
  }
}

const PERMISSIONS = 0o777;

/** There are file systems that have no modes, or only some: a backup may be on one. */
function unlessWithoutModes(error: unknown): void {
  if (!['EPERM', 'ENOTSUP', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
}

/** `first`: the topmost that was made, if any was. */
function made(path: string, first: string | undefined): string[] {
  if (first === undefined) return [];
  const [top, folders] = [resolve(first), [] as string[]];
  for (let at = resolve(path); at.startsWith(top); at = dirname(at)) folders.push(at);
  return folders;
}

type Replacement = { readonly mode: number; readonly flush?: boolean };

/**
 * Writes a file whole or not at all. Its draft is hidden beside it, and no other process has one of that name; a killed
 * one may leave it.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  how: Replacement,
): Promise<void> {
  const draft = draftOf(path);
  try {
    await rm(draft, { force: true });
    await writeMade(draft, content, { ...how, flag: 'wx' });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

export function replaceFileSync(path: string, content: string, mode: number): void {
  const draft = draftOf(path);
  try {
    rmSync(draft, { force: true });
    writeMadeSync(draft, content, mode);
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The same of a file that a person has: it keeps its rights, and a link stays one. `mode`: of one that is not there yet. */
export async function rewriteFile(path: string, content: string, mode: number): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const there = await stat(target).catch(() => null);
  await replaceFile(target, content, { mode: there === null ? mode : there.mode & PERMISSIONS });
}

function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}`);
}

/** Points a link elsewhere, or makes it, in one step. Who does that has the folder to itself: a draft is taken over. */
export async function replaceLink(path: string, target: string): Promise<void> {
  await rm(`${path}.new`, { force: true });
  await symlink(target, `${path}.new`);
  await rename(`${path}.new`, path);
}
