import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolderSync, MODES } from '../lib/files.js';
import type { AppName, StorePath } from '../domain/names.js';
import type { Facet } from '../domain/facet.js';

/** Systems of an app that are remembered. */
const KEPT = 5;

/** `isLasting`: nothing but its key decides which system it is, and there is nothing more to say of it. */
export type BuiltSystem = { readonly toplevel: StorePath; readonly isLasting: boolean };

/**
 * Which toplevel a system's key stands for, as far as it was evaluated on this host: a folder of links,
 * `<app>.<hash of the key>` → toplevel. They are no roots: a system that was collected is not known any more.
 * What is not known is evaluated, so what cannot be written or read is no error.
 */
export class BuiltSystems {
  readonly #directory: string;

  /** `directory`: absolute; it may not be there yet. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  remember(app: AppName, key: Facet, { toplevel, isLasting }: BuiltSystem): void {
    const [name, other] = isLasting
      ? [linkName(app, key), seenName(app, key)]
      : [seenName(app, key), linkName(app, key)];
    const draft = join(this.#directory, `.${name}`);
    try {
      makeFolderSync(this.#directory, MODES.private.folder);
      rmSync(draft, { force: true });
      symlinkSync(toplevel, draft);
      renameSync(draft, join(this.#directory, name));
      rmSync(join(this.#directory, other), { force: true });
      this.#forgetOld(app);
    } catch {
      // It is evaluated once more, and that is all.
    }
  }

  /** As it was last. Null: not known, or not in the store. */
  find(app: AppName, key: Facet): StorePath | null {
    return this.findLasting(app, key) ?? this.#at(seenName(app, key));
  }

  /** One that an evaluation would come to again. Null: not known, or not in the store. */
  findLasting(app: AppName, key: Facet): StorePath | null {
    return this.#at(linkName(app, key));
  }

  #at(name: string): StorePath | null {
    try {
      const toplevel = readlinkSync(join(this.#directory, name));
      return existsSync(toplevel) ? (toplevel as StorePath) : null;
    } catch {
      return null;
    }
  }

  #forgetOld(app: AppName): void {
    // No app's name has a dot.
    const names = readdirSync(this.#directory).filter((name) => name.startsWith(`${app}.`));
    const links = names.map((name) => {
      const path = join(this.#directory, name);
      return { path, at: lstatSync(path).mtimeMs };
    });
    links.sort((a, b) => b.at - a.at);
    for (const { path } of links.slice(KEPT)) rmSync(path, { force: true });
  }
}

/** Of one that may be another next time. */
function seenName(app: AppName, key: Facet): string {
  return `${linkName(app, key)}.seen`;
}

function linkName(app: AppName, key: Facet): string {
  const fields = Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${app}.${createHash('sha256').update(JSON.stringify(fields)).digest('hex')}`;
}
