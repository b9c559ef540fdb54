import { selectApps } from '../manifest/select.js';
import type { AppName } from '../domain/names.js';
import type { Manifest } from '../domain/manifest.js';
import { EXIT, ProblemError } from '../domain/problem.js';

/** How long a stop of each may take. */
export function gracesOf(apps: Manifest['apps']): ReadonlyMap<AppName, number> {
  return new Map(apps.map(({ name, stopTimeout }) => [name, stopTimeout]));
}

/** The apps that were selected on the command line; null when none was: all of them. */
export function selectNamed(selectors: readonly string[], { apps }: Manifest): ReadonlySet<AppName> | null {
  if (selectors.length === 0) return null;
  const selection = selectApps(selectors, apps);
  if (!selection.ok) throw new ProblemError(selection.problems, EXIT.usage);
  return selection.apps;
}
