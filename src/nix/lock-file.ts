import { realpath, rename, rm, stat } from 'node:fs/promises';
import { MODES, writeMade } from '../lib/made-files.js';
import type { Lock } from '../domain/manifest.js';
import type { LockFile } from '../domain/services.js';
import { ProblemError } from '../domain/problem.js';

/** Written whole or not at all, one after the other. */
export function lockFileAt(path: string, initial: Lock, print: (lock: Lock) => string): LockFile {
  let lock = initial;
  let last: Promise<void> = Promise.resolve();
  const write = async () => {
    // A lock that is a link into a dotfiles folder stays one.
    const target = await realpath(path).catch(() => path);
    const temporary = `${target}.${process.pid}.tmp`;
    try {
      const there = await stat(target).catch(() => null);
      const mode = there === null ? MODES.shared.file : there.mode & 0o777;
      await writeMade(temporary, print(lock), { mode });
      await rename(temporary, target);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      throw new ProblemError({
        message: `cannot write ${path}: ${words}`,
        hint: 'pets.lock belongs beside the manifest',
      });
    } finally {
      await rm(temporary, { force: true });
    }
  };
  return {
    add: (url, locked) => {
      lock = { ...lock, refs: { ...lock.refs, [url]: locked } };
      last = last.then(write, write);
      return last;
    },
  };
}
