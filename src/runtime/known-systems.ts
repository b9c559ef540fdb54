import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DesiredApp } from '../domain/desired.js';
import { isStorePath, type AppName, type StorePath } from '../domain/names.js';
import type { Locked } from '../domain/manifest.js';
import type { Evaluated, Nix } from '../domain/services.js';
import { VERSION } from '../domain/version.js';
import { systemKey } from '../facets/system-key.js';
import type { LocalNix } from '../nix/nix.js';
import type { BuiltSystems } from '../state/built-systems.js';

type Pins = Readonly<Record<string, Locked>>;

/** What is known of systems that were evaluated before. */
export type Known = {
  readonly built: BuiltSystems;
  /** A hash of what pets itself puts into a system. */
  readonly recipe: () => string;
  /** What the app's profile on this host points at, and so keeps; undefined: there is none. */
  readonly profile: (app: AppName) => string | undefined;
};

/** Evaluates and builds no system that is known and that the store has. */
export function knowing(nix: LocalNix, known: Known): Nix {
  return {
    ...nix,
    evaluate: async (app, pins) => {
      const key = systemKey(app, pins, known.recipe());
      // What is there already is not evaluated at all.
      if (key === null || app.source.kind === 'toplevel') return nix.evaluate(app, pins);
      const toplevel = known.built.findLasting(app.name, key);
      if (toplevel !== null && (await isKept(nix, known, app.name, toplevel)))
        return { drv: toplevel, toplevel };
      const evaluated = await nix.evaluate(app, pins);
      known.built.remember(app.name, key, {
        toplevel: evaluated.toplevel,
        isLasting: isLasting(evaluated),
      });
      return evaluated;
    },
  };
}

/** A warning is to be told again. */
function isLasting({ warnings = [], isUnpinned = false }: Evaluated): boolean {
  return warnings.length === 0 && !isUnpinned;
}

/** The store may have some of it only: a path that is there is not yet one that Nix knows. */
async function isKept(
  nix: LocalNix,
  { profile }: Known,
  app: AppName,
  toplevel: StorePath,
): Promise<boolean> {
  return isStorePath(toplevel) && (profile(app) === toplevel || (await nix.hold(app, toplevel)));
}

/** Of an app as it is wanted, what it came to when it was evaluated last; null: not known, or not in the store. */
export function systemOf(app: DesiredApp, { built, recipe }: Omit<Known, 'profile'>): StorePath | null {
  const noPins: Pins = {};
  const key = systemKey(app, noPins, recipe());
  return key && built.find(app.name, key);
}

/** A hash of this release, with the flake in a folder that puts its systems together. */
export function recipeIn(folder: string): string {
  const hash = createHash('sha256').update(VERSION);
  for (const name of recipesIn(folder).sort()) {
    const content = readFileSync(join(folder, name));
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** The Nix files in a folder, relative to it. */
function recipesIn(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    if (entry.isDirectory()) return recipesIn(folder, path);
    return path.endsWith('.nix') ? [path] : [];
  });
}
