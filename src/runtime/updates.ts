import type { AlertKind } from '../domain/alert.js';
import type { DesiredApp } from '../domain/desired.js';
import type { ManifestApp } from '../domain/manifest.js';
import type { AppName } from '../domain/names.js';
import { EXIT, problemOf, ProblemError, type ExitCode } from '../domain/problem.js';
import { isMajorJump, type Pins } from '../domain/update.js';
import { pinOf } from '../manifest/lock.js';
import { tellSightings } from './alerts.js';
import type { RunOptions } from './carry-out.js';
import { pinnedUrls } from './due.js';
import { endOf, upAlone, worse, type Updated } from './finish-updates.js';
import { nothingWanted, observe } from './observe.js';
import { tellWaiting } from './patience.js';
import { resolveDesired } from './project.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';
import { note, pinsIn, quietly, settleUpdates, withPins, writePins } from './settle-updates.js';
import { nixFor } from './wire.js';

type Updating = RunOptions & { readonly allowMajor: boolean };

/** Each app by itself: what goes wrong with one is nothing to the others. Also the code that the worst of them ends with. */
export async function updateApps(
  runtime: Runtime,
  project: Project,
  apps: readonly ManifestApp[],
  options: Updating,
): Promise<{ readonly updated: readonly Updated[]; readonly code: ExitCode }> {
  const updated: Updated[] = [];
  let now = project;
  let code: ExitCode = EXIT.ok;
  for (const app of apps) {
    const done = await updateApp(runtime, now, app, options);
    updated.push(done);
    now = done.project;
    code = worse(code, done.code);
    if (done.result === 'interrupted') break;
  }
  return { updated, code };
}

type Done = Updated & { readonly project: Project; readonly code: ExitCode };

async function updateApp(
  runtime: Runtime,
  project: Project,
  app: ManifestApp,
  options: Updating,
): Promise<Done> {
  const { name } = app;
  try {
    await note(runtime, project, name, null);
    const pins = await newestPins(runtime, project, app);
    const changed = Object.keys(pins).filter(
      (url) => pins[url]?.locked !== pinOf(project.lock, name, url)?.locked,
    );
    if (changed.length === 0) return await unchanged(runtime, project, name);
    const next = withPins(project, name, pins);
    const mayJump = app.update?.allowMajor === true || options.allowMajor;
    const versions = mayJump ? NO_VERSIONS : await versionsOf(runtime, [project, next], name);
    if (isMajorJump(versions.from, versions.to)) return await wait(runtime, project, name, versions);
    return await bring(runtime, { project, next, app: name, pins, versions }, options);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { message } = problemOf(error);
    await tell(runtime, project, name, { alert: { kind: 'update-failed', message }, mends: [] });
    return { app: name, result: 'failed', words: message, project, code: EXIT.failed };
  }
}

/** What the app's flakes stand for now. */
async function newestPins(runtime: Runtime, project: Project, app: ManifestApp): Promise<Pins> {
  const nix = nixFor(runtime, project);
  const found = pinnedUrls(app).map(async (url) => {
    return [url, await tellWaiting(`Nix to find ${url}`, nix.lock(url), runtime.output)] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

async function unchanged(runtime: Runtime, project: Project, app: AppName): Promise<Done> {
  await tell(runtime, project, app, { alert: null, mends: ['update-failed', 'update-held'] });
  return { app, result: 'unchanged', words: 'nothing newer', project, code: EXIT.ok };
}

type Told = {
  readonly alert: { readonly kind: AlertKind; readonly message: string } | null;
  readonly mends: readonly AlertKind[];
};

function tell(runtime: Runtime, project: Project, app: AppName, told: Told): Promise<void> {
  return tellSightings(runtime, project, [{ app, ...told, updated: null }]);
}

/** What the app says that it is; null: nothing, or nobody has asked. */
type Versions = { readonly from: string | null; readonly to: string | null };
const NO_VERSIONS: Versions = { from: null, to: null };

async function versionsOf(
  runtime: Runtime,
  [before, after]: readonly [Project, Project],
  name: AppName,
): Promise<Versions> {
  return { from: await versionIn(runtime, before, name), to: await versionIn(runtime, after, name) };
}

/** `2.4.1 → 3.0.0` */
function stepWords({ from, to }: Versions): string | null {
  return from === null || to === null || from === to ? null : `${from} → ${to}`;
}

async function versionIn(runtime: Runtime, project: Project, name: AppName): Promise<string | null> {
  const { apps } = await resolveDesired(runtime, project, new Set());
  const app = apps.find((one) => one.name === name);
  if (!app || ![app.source, app.nixpkgs].every(isResolved)) return null;
  // One that does not evaluate says no version; that it cannot be brought up is told when it is tried.
  return nixFor(runtime, project)
    .version(app)
    .catch((error: unknown) => {
      if (error instanceof ProblemError) return null;
      throw error;
    });
}

/** What was never pinned has no version that an update could be compared with. */
function isResolved(source: DesiredApp['source'] | DesiredApp['nixpkgs']): boolean {
  return source === null || source.kind !== 'remote' || source.locked !== null;
}

async function wait(runtime: Runtime, project: Project, app: AppName, versions: Versions): Promise<Done> {
  const message = `${stepWords(versions) ?? 'it'} is a major step: \`pets update ${app} --allow-major\` takes it`;
  await tell(runtime, project, app, { alert: { kind: 'update-held', message }, mends: ['update-failed'] });
  return { app, result: 'waits', words: message, project, code: EXIT.ok };
}

type Bringing = {
  readonly project: Project;
  readonly next: Project;
  readonly app: AppName;
  readonly pins: Pins;
  readonly versions: Versions;
};

/** As `up` does, with the new pins; these are written down when they serve, and not before. */
async function bring(runtime: Runtime, bringing: Bringing, options: RunOptions): Promise<Done> {
  const { project, next, app, pins, versions } = bringing;
  const from = pinsIn(project, app, Object.keys(pins));
  await note(runtime, project, app, { from, to: pins });
  const { plan, run } = await upAlone(runtime, next, app, options);
  const kept = plan.apps.find((one) => one.app === app && (one.condemned || one.held !== null));
  if (kept) {
    await note(runtime, project, app, null);
    const words = kept.condemned
      ? 'what is newer has failed before, and is not tried again'
      : `\`pets up ${app}\` leaves it alone: ${kept.held ?? ''}`;
    return { app, result: kept.condemned ? 'unchanged' : 'waits', words, project, code: EXIT.ok };
  }
  const code = await run();
  if (code !== EXIT.ok) return ended(runtime, project, app, code);
  const settled = await writePins(project, app, pins);
  await quietly(runtime, () => note(runtime, project, app, null));
  await tell(runtime, settled, app, { alert: null, mends: ['update-failed', 'update-held'] });
  const words = `${stepWords(versions) ?? 'the new version'} serves`;
  return { app, result: 'updated', words, project: settled, code };
}

async function ended(runtime: Runtime, project: Project, app: AppName, code: ExitCode): Promise<Done> {
  const { result, words } = endOf(code);
  // Whoever is cut short leaves what is noted: the next run settles it, and starts what was stopped on the way.
  if (result === 'interrupted') return { app, result, words, project, code };
  // It may have come to the new version before something failed that comes after.
  const actual = await observe(runtime, project.manifest.project, nothingWanted);
  const settled = await settleUpdates(runtime, project, actual, true);
  const pins = settled === project ? 'its pins stay' : 'the new version serves';
  return { app, result, words: `${words}; ${pins}`, project: settled, code };
}
