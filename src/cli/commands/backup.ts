import { join, resolve } from 'node:path';
import { removeOlder } from '../../backup/folder.js';
import { isStaged } from '../../backup/names.js';
import { Interrupted, type BackupTarget } from '../../backup/subject.js';
import { takeBackup } from '../../backup/take.js';
import { selectApps } from '../../manifest/select.js';
import type { Actual } from '../../domain/actual.js';
import type { AppName } from '../../domain/names.js';
import type { Sighting } from '../../domain/alert.js';
import type { Manifest } from '../../domain/manifest.js';
import { EXIT, problemOf, ProblemError, type ExitCode, type Problem } from '../../domain/problem.js';
import type { Runtime } from '../../runtime/runtime.js';
import { keepSightings, tellSightings } from '../../runtime/alerts.js';
import type { Project } from '../../runtime/project-type.js';
import { tellInterrupted, subjectOf, workFor, type DataOptions } from '../../runtime/data.js';
import { everything, observeIdle } from '../../runtime/observe.js';
import { withLock } from '../../runtime/project-lock.js';
import type { CommandLine } from '../command-line.js';
import { count, examples, timeoutFlag, withLockOptions } from '../options.js';

type BackupOptions = DataOptions & {
  readonly output?: string;
  /** So many of each app stay; absent: all. */
  readonly keep?: number;
};

export function addBackup({ program, actionOf }: CommandLine): void {
  withLockOptions(program.command('backup [app...]'))
    .summary("back up apps' volumes")
    .description(
      'Writes a consistent, portable backup of all volumes of each app, one app after the other, and prints the folders. An app is stopped while its volumes are copied, and started again. Without names all that have volumes.',
    )
    .option('--output <folder>', 'put it into <folder>/<app>/<id>, not with the project’s other backups')
    .option('--keep <n>', 'delete older backups of the app there, up to so many', count)
    .addOption(timeoutFlag('limit for the boot after it: 90s, 10m'))
    .addHelpText(
      'after',
      examples('pets backup', 'pets backup web db --keep 7', 'pets backup web --output /mnt/nas/pets'),
    )
    .action(actionOf(backup));
}

/** Writes a backup of each app's volumes, one after the other; their folders are the result. */
async function backup(
  runtime: Runtime,
  options: BackupOptions,
  selectors: readonly string[],
): Promise<ExitCode> {
  const read = () => runtime.project();
  return withLock(runtime, { ...options, read }, async (project) => {
    const { manifest } = project;
    const actual = await observeIdle(runtime, manifest.project, everything);
    const subjects = subjectsOf(selectors, manifest, actual);
    return runtime.draining((stop) => backUpAll(runtime, options, subjects, project, stop));
  });
}

/** One that fails leaves the others alone. */
async function backUpAll(
  runtime: Runtime,
  options: BackupOptions,
  subjects: readonly BackupTarget[],
  project: Project,
  stop: AbortSignal,
): Promise<ExitCode> {
  const problems: Problem[] = [];
  const sightings: Sighting[] = [];
  for (const subject of subjects) {
    try {
      if (stop.aborted) throw new Interrupted('interrupted; there is no new backup', stop);
      await backUp(runtime, options, subject, project.manifest, stop);
      sightings.push({ app: subject.app, alert: null, mends: ['backup-failed'], updated: null });
    } catch (error) {
      if (error instanceof Interrupted) {
        keepSightings(runtime, project, sightings);
        return tellInterrupted(runtime.output, subject.app, error);
      }
      if (!(error instanceof ProblemError)) throw error;
      const problem = { app: subject.app, ...problemOf(error) };
      problems.push(problem);
      const alert = { kind: 'backup-failed' as const, message: problem.message };
      sightings.push({ app: subject.app, alert, mends: [], updated: null });
    }
  }
  await tellSightings(runtime, project, sightings);
  if (problems.length > 0) throw new ProblemError(problems);
  return EXIT.ok;
}

async function backUp(
  runtime: Runtime,
  options: BackupOptions,
  subject: BackupTarget,
  manifest: Manifest,
  stop: AbortSignal,
): Promise<void> {
  const { app } = subject;
  const { output, keep } = options;
  const root = output === undefined ? runtime.state.backups(manifest.project) : resolve(runtime.cwd, output);
  const { folder } = await takeBackup(subject, {
    ...workFor(runtime, { app, root, manifest, timeout: options.timeout }),
    stop,
  });
  runtime.output.write(`${folder}\n`);
  if (keep === undefined) return;
  const gone = await removeOlder(join(root, app), { project: manifest.project, app }, keep);
  if (gone.length > 0) runtime.output.step(app, `deleted ${gone.join(', ')}: ${keep} are kept`);
}

/** What is refused is refused before any app is stopped. Patterns, tags and no names at all mean apps with volumes. */
function subjectsOf(selectors: readonly string[], manifest: Manifest, actual: Actual): BackupTarget[] {
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
