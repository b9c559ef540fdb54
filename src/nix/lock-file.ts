import { MODES, rewriteFile } from '../lib/files.js';
import type { Lock } from '../domain/manifest.js';
import type { LockFile } from '../domain/services.js';
import { ProblemError } from '../domain/problem.js';

/** `change`: what was added meanwhile is in what it is given. */
export type ChangingLock = LockFile & { readonly change: (next: (lock: Lock) => Lock) => Promise<void> };

/** Written whole or not at all, one after the other. */
export function lockFileAt(path: string, initial: Lock, print: (lock: Lock) => string): ChangingLock {
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
  const change = (next: Lock) => {
    lock = next;
    last = last.then(write, write);
    return last;
  };
  return {
    add: (url, locked) => change({ ...lock, refs: { ...lock.refs, [url]: locked } }),
    change: (next) => change(next(lock)),
  };
}
