import { MODES, rewriteFile } from '../lib/files.js';
import type { Lock } from '../domain/manifest.js';
import type { LockFile } from '../domain/services.js';
import { ProblemError } from '../domain/problem.js';

/** Written whole or not at all, one after the other. */
export function lockFileAt(path: string, initial: Lock, print: (lock: Lock) => string): LockFile {
  let lock = initial;
  let last: Promise<void> = Promise.resolve();
  const write = async () => {
    try {
      // A lock that is a link into a dotfiles folder stays one.
      await rewriteFile(path, print(lock), MODES.shared.file);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      throw new ProblemError({
        code: 'file-unwritable',
        message: `cannot write ${path}: ${words}`,
        hint: 'pets.lock belongs beside the manifest',
      });
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
