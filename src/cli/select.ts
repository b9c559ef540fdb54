import type { AppName, Manifest } from '../model.js';
import { EXIT, ProblemError } from '../problem.js';

/** The apps that were named on the command line; null when none was: all of them. */
export function selectApps(names: readonly string[], { apps }: Manifest): ReadonlySet<AppName> | null {
  if (names.length === 0) return null;
  const known = new Map<string, AppName>(apps.map((app) => [app.name, app.name]));
  const missing = names.filter((name) => !known.has(name));
  if (missing.length > 0) {
    throw new ProblemError(
      missing.map((name) => ({
        message: `the manifest has no app \`${name}\``,
        hint: `it has ${[...known.keys()].join(', ') || 'none'}`,
      })),
      EXIT.usage,
    );
  }
  return new Set(names.flatMap((name) => known.get(name) ?? []));
}
