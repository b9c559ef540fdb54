import type { ManifestApp } from '../../domain/manifest.js';
import type { AppName } from '../../domain/names.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import { jsonText, table } from '../../ui/index.js';
import { dueApps } from '../../runtime/due.js';
import { lockPathOf, noteFirst, settleUpdates } from '../../runtime/settle-updates.js';
import { refusalOf } from '../../runtime/held.js';
import { nothingWanted, observe } from '../../runtime/observe.js';
import { petIn } from '../../runtime/pets.js';
import type { Project } from '../../runtime/project.js';
import { withLock, type LockOptions } from '../../runtime/project-lock.js';
import type { Runtime } from '../../runtime/runtime.js';
import { selectNamed } from '../../runtime/select.js';
import { finishApps, worse, type Updated } from '../../runtime/finish-updates.js';
import { updateApps } from '../../runtime/updates.js';

type Options = LockOptions & { readonly json: boolean; readonly due: boolean; readonly allowMajor: boolean };

/** Nobody is there to be asked, and each app has as long as `up` gives it. */
const UNATTENDED = { jobs: 8, timeout: 300_000, failFast: false, yes: false, input: false };

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
    const actual = await observe(runtime, found.manifest.project, nothingWanted);
    const project = await settleUpdates(runtime, found, actual, !isDry);
    const selected = project.manifest.apps.filter(({ name }) => only === null || only.has(name));
    const { due, unseen, halfDone } = dueApps(selected, actual, new Date());
    const held = new Map(actual.apps.map(({ name, hold }) => [name, hold]));
    // Whoever names an app that is not there yet is told so.
    if (!options.due) for (const { name } of selected) petIn(actual, name);
    const apps = options.due ? due : selected;
    refuseHeld(apps, held);
    if (options.due && !selected.some(({ update }) => update !== null))
      runtime.output.notice('note', 'no app has `update = { auto = true }`: none will ever be due');
    if (isDry) return show(runtime, project, apps.map(wouldBe), options);
    await noteFirst(runtime, project, unseen);
    const run = { ...options, ...UNATTENDED };
    const finished = await finishApps(runtime, project, options.due ? halfDone : [], run);
    const isEnded = finished.some(({ result }) => result === 'interrupted');
    const { updated, code } = await updateApps(runtime, project, isEnded ? [] : apps, run);
    show(runtime, project, [...finished, ...updated], options);
    return finished.map((one) => one.code).reduce(worse, code);
  });
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

type Shown = Omit<Updated, 'result'> & { readonly result: Updated['result'] | 'due' };

function show(
  { output }: Runtime,
  { manifest }: Project,
  updated: readonly Shown[],
  { json }: Options,
): ExitCode {
  const updates = updated.map(({ app, result, words }) => ({ app, result, message: words }));
  const rows = updated.map(({ app, result, words }) => [app, result, words]);
  const text = rows.length === 0 ? 'No app is due.\n' : table(rows, ['APP', 'RESULT', 'WHY']);
  output.write(json ? jsonText({ version: 1, project: manifest.project, updates }) : text);
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
