import { isStaged } from '../backup/names.js';
import type { BackupTarget } from '../backup/subject.js';
import type { Actual } from '../domain/actual.js';
import type { Manifest } from '../domain/manifest.js';
import type { AppName } from '../domain/names.js';
import { EXIT, ProblemError } from '../domain/problem.js';
import { selectApps } from '../manifest/select.js';
import { subjectOf } from './data.js';

/** What is refused is refused before any app is stopped. Patterns, tags and no names at all mean apps with volumes. */
export function subjectsOf(selectors: readonly string[], manifest: Manifest, actual: Actual): BackupTarget[] {
  const names = selectors.length === 0 ? ['*'] : selectors;
  const named = names.filter((name) => !isPattern(name)).map((name) => subjectOf(name, manifest, actual));
  const bare = named.find((subject) => !hasVolumes(subject));
  if (bare) throw nothingToBackUp(`\`${bare.app}\` has no volumes`);
  const fitting = names
    .filter(isPattern)
    .flatMap((pattern) => appsFor(pattern, manifest, actual))
    .map((name) => subjectOf(name, manifest, actual))
    .filter(hasVolumes);
  const all = new Map([...named, ...fitting].map((subject) => [subject.app, subject]));
  if (all.size === 0) throw nothingToBackUp('no app has volumes');
  return [...all.values()];
}

function isPattern(selector: string): boolean {
  return /[*?]|^@/.test(selector);
}

function hasVolumes({ volumes }: BackupTarget): boolean {
  return volumes.some((volume) => !isStaged(volume));
}

/** Of the manifest's apps, and those that it does not have any more and that are there, or have left volumes. */
function appsFor(pattern: string, { apps }: Manifest, actual: Actual): readonly AppName[] {
  const others = [...actual.apps.map(({ name }) => name), ...actual.volumes.map(({ app }) => app as AppName)];
  const gone = [...new Set(others)].filter((name) => !apps.some((app) => app.name === name)).sort();
  const known = [...apps, ...gone.map((name) => ({ name, tags: [] }))];
  if (pattern === '*') return known.map(({ name }) => name);
  const selection = selectApps([pattern], known);
  if (!selection.ok) throw new ProblemError(selection.problems, EXIT.usage);
  return [...selection.apps];
}

function nothingToBackUp(what: string): ProblemError {
  return new ProblemError({
    code: 'backup-empty',
    message: `${what}: there is nothing to back up`,
    hint: 'give it some with `volumes` in pets.toml; what is on a root disk is not backed up',
  });
}
