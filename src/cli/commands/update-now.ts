import type { ManifestApp } from '../../domain/manifest.js';
import type { AppName } from '../../domain/names.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import { jsonText, table } from '../../ui/index.js';
import type { Actual } from '../../domain/actual.js';
import { endOfBackup, interruptionOf } from '../../runtime/backups.js';
import { UNATTENDED } from '../../runtime/carry-out.js';
import { backUpDue, dueSubjects } from '../../runtime/backups-due.js';
import { dueApps } from '../../runtime/due.js';
import { lockPathOf, noteFirst, settleUpdates } from '../../runtime/settle-updates.js';
import { refusalOf } from '../../runtime/held.js';
import { everything, observe } from '../../runtime/observe.js';
import { petIn } from '../../runtime/pets.js';
import type { Project } from '../../runtime/project.js';
import { withLock, type LockOptions } from '../../runtime/project-lock.js';
import type { Runtime } from '../../runtime/runtime.js';
import { selectNamed } from '../../runtime/select.js';
import { finishApps, worse, type Updated } from '../../runtime/finish-updates.js';
import { updateApps } from '../../runtime/updates.js';

type Options = LockOptions & { readonly json: boolean; readonly due: boolean; readonly allowMajor: boolean };

/** Updates apps one after the other: those that are due, or those that are named. */
export async function updateNow(
  runtime: Runtime,
  options: Options,
  selectors: readonly string[],
): Promise<ExitCode> {
  if (!options.due && selectors.length === 0) throw nobodyNamed();
  const read = async () => {
    const project = await runtime.project();
    return { ...project, only: selectNamed(selectors, project.manifest) };
  };
  return withLock(runtime, { ...options, read }, async ({ only, ...found }) => {
    lockPathOf(found);
    const isDry = options.dryRun === true;
    const actual = await observe(runtime, found.manifest.project, everything);
    const project = await settleUpdates(runtime, found, actual, !isDry);
    const selected = project.manifest.apps.filter(({ name }) => only === null || only.has(name));
    const { due, unseen, halfDone } = dueApps(selected, actual, new Date());
    // Whoever names an app that is not there yet is told so.
    if (!options.due) for (const { name } of selected) petIn(actual, name);
    const apps = options.due ? due : selected;
    refuseHeld(apps, new Map(actual.apps.map(({ name, hold }) => [name, hold])));
    if (options.due) tellIfNever(runtime, selected);
    if (isDry) {
      const backups = wouldBackUp(found, actual, only, options);
      return show(runtime, project, { backups, updates: apps.map(wouldBe) }, options);
    }
    await noteFirst(runtime, project, unseen);
    return runAll(runtime, project, { only, apps, halfDone }, options);
  });
}

function tellIfNever({ output }: Runtime, apps: readonly ManifestApp[]): void {
  if (apps.some(({ update, backup }) => update !== null || backup?.schedule)) return;
  const words = 'no app has `update = { auto = true }` or `backup = { schedule = … }`: none will ever be due';
  output.notice('note', words);
}

type Work = {
  /** Nobody else's backups. */
  readonly only: ReadonlySet<AppName> | null;
  readonly apps: readonly ManifestApp[];
  readonly halfDone: readonly AppName[];
};

/** Backups first of all: what an update comes to is no backup of what was there before it. */
async function runAll(
  runtime: Runtime,
  project: Project,
  { only, apps, halfDone }: Work,
  options: Options,
): Promise<ExitCode> {
  const run = { ...options, ...UNATTENDED };
  const asked = { ...run, only, onFolder: () => undefined };
  const backups = options.due ? await backUpDue(runtime, project, asked) : [];
  const isOver = interruptionOf(backups) !== null;
  const finished = await finishApps(runtime, project, options.due && !isOver ? halfDone : [], run);
  const isEnded = isOver || finished.some(({ result }) => result === 'interrupted');
  const { updated, code } = await updateApps(runtime, project, isEnded ? [] : apps, run);
  const ends = backups.map(endOfBackup);
  show(runtime, project, { backups: ends, updates: [...finished, ...updated] }, options);
  return [...finished, ...ends].map((one) => one.code).reduce(worse, code);
}

function refuseHeld(
  apps: readonly ManifestApp[],
  held: ReadonlyMap<AppName, Parameters<typeof refusalOf>[1] | null>,
): void {
  const refused = apps.flatMap(({ name }) => {
    const hold = held.get(name) ?? null;
    return hold === null ? [] : [refusalOf(name, hold)];
  });
  if (refused.length > 0) throw new ProblemError(refused);
}

function wouldBe({ name }: ManifestApp) {
  return { app: name, result: 'due' as const, words: 'would be updated now' };
}

/** What became of an app, or is about to; `words`: one line. */
type Line = {
  readonly app: AppName;
  readonly result: Updated['result'] | 'due' | 'backed-up';
  readonly words: string;
};

function wouldBackUp(
  project: Project,
  actual: Actual,
  only: ReadonlySet<AppName> | null,
  { due }: Options,
): Line[] {
  const subjects = due ? dueSubjects(project, actual, only) : [];
  return subjects.map(({ app }) => ({ app, result: 'due', words: 'would be backed up now' }));
}

function show(
  { output }: Runtime,
  { manifest }: Project,
  shown: { readonly backups: readonly Line[]; readonly updates: readonly Line[] },
  { json }: Options,
): ExitCode {
  const recordOf = ({ app, result, words }: Line) => ({ app, result, message: words });
  const [backups, updates] = [shown.backups.map(recordOf), shown.updates.map(recordOf)];
  const rows = [...backups, ...updates].map(({ app, result, message }) => [app, result, message]);
  const text = rows.length === 0 ? 'No app is due.\n' : table(rows, ['APP', 'RESULT', 'WHY']);
  output.write(json ? jsonText({ version: 1, project: manifest.project, backups, updates }) : text);
  return EXIT.ok;
}

function nobodyNamed(): ProblemError {
  const problem = {
    code: 'usage' as const,
    message: '--allow-major is for the apps that are named, and none is',
    hint: '`pets alerts` lists what waits',
  };
  return new ProblemError(problem, EXIT.usage);
}
