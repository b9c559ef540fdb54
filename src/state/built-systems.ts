import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolderSync, MODES } from '../lib/files.js';
import type { AppName, StorePath } from '../domain/names.js';
import type { Facet } from '../domain/facet.js';

/** Systems of an app that are remembered. */
const KEPT = 5;

/**
 * Which toplevel a `system` facet stands for, as far as it was evaluated on this host: a folder of links,
 * `<app>.<hash of the facet>` → toplevel. They are no roots: a system that was collected is not known any more.
 * Nothing but what `diff` can tell depends on it, so what cannot be written or read is no error.
 */
export class BuiltSystems {
  readonly #directory: string;

  /** `directory`: absolute; it may not be there yet. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** `system`: with every flake-ref pinned. */
  remember(app: AppName, system: Facet, toplevel: StorePath): void {
    const name = linkName(app, system);
    const draft = join(this.#directory, `.${name}`);
    try {
      makeFolderSync(this.#directory, MODES.private.folder);
      rmSync(draft, { force: true });
      symlinkSync(toplevel, draft);
      renameSync(draft, join(this.#directory, name));
      this.#forgetOld(app);
    } catch {
      // `diff` says less, and that is all.
    }
  }

  /** Null: not known, or not in the store. */
  find(app: AppName, system: Facet): StorePath | null {
    try {
      const toplevel = readlinkSync(join(this.#directory, linkName(app, system)));
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

function linkName(app: AppName, system: Facet): string {
  const fields = Object.entries(system).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${app}.${createHash('sha256').update(JSON.stringify(fields)).digest('hex')}`;
}
