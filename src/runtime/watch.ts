import { lateBackups } from '../backup/due.js';
import { ALERT_KINDS, type Sighting } from '../domain/alert.js';
import { isWhole, type Actual, type ActualApp, type Generation } from '../domain/actual.js';
import type { Desired } from '../domain/desired.js';
import type { Health } from '../domain/manifest.js';
import type { ProblemCode } from '../domain/problem-code.js';
import { problemOf } from '../domain/problem.js';
import { unreachedWords } from '../facets/exposure.js';
import { throughOf } from '../facets/health.js';
import { guestOver } from '../guest/guest.js';
import { planOf } from '../planner/plan.js';
import { openAlerts, tellSightings } from './alerts.js';
import { LOCAL } from './daemons.js';
import { lookAtDisks } from './disks.js';
import { observe, wantedBy } from './observe.js';
import { resolveDesired } from './project.js';
import { withLock, type LockOptions } from './project-lock.js';
import type { Project } from './project-type.js';
import { restartIll } from './restart-ill.js';
import { listenOf } from './row.js';
import type { Runtime } from './runtime.js';

/** Apps that are looked at at a time. */
const AT_A_TIME = 8;
/** How long an app that ran well before may take to say that it does, ms, besides what its tries are apart. */
const ANSWER_MS = 20_000;

/**
 * Looks at all apps, and tells what is new. Nobody's run waits for the first look; what is wrong by it is looked at once
 * more while no run can be at it. Beside a run nothing is told: it says itself what it comes to.
 */
export async function watchApps(runtime: Runtime, options: LockOptions): Promise<void> {
  const first = await lookAtApps(runtime, await runtime.project());
  const isAllWell = first.every(({ alert }) => alert === null);
  const read = () => runtime.project();
  await withLock(runtime, { ...options, read }, async (project) => {
    const found = isAllWell ? first : await lookAtApps(runtime, project);
    await tellSightings(runtime, project, found);
    await restartIll(runtime, project, found, options);
  }).catch((error: unknown) => {
    if (problemOf(error).code !== 'project-locked') throw error;
    runtime.output.notice('note', 'a run is under way: how the apps are is looked at the next time');
  });
}

/** How each app is now: whether it runs and is well, and whether somebody has changed it. Changes nothing. */
async function lookAtApps(runtime: Runtime, project: Project): Promise<readonly Sighting[]> {
  const desired = await resolveDesired(runtime, project, new Set());
  const actual = await observe(runtime, desired.project, wantedBy(desired));
  const apps = actual.apps.filter(isWhole);
  const found: Sighting[] = [];
  for (let n = 0; n < apps.length; n += AT_A_TIME) {
    const some = apps.slice(n, n + AT_A_TIME).map((app) => wellness(runtime, project, app));
    found.push(...(await Promise.all(some)));
  }
  const others = [await lookAtDisks(runtime, project, actual), ...latenessIn(project, actual)];
  return [...found, ...others, ...driftIn(desired, actual), ...goneSince(runtime, desired, actual)];
}

/** Whether the backups come that their schedules ask for: who makes them may not run at all. */
function latenessIn({ manifest }: Project, actual: Actual): Sighting[] {
  const late = new Map(lateBackups(manifest.apps, actual, new Date()).map((one) => [one.app, one.late]));
  // Of one without a schedule nothing is late any more.
  return manifest.apps.map(({ name }) => {
    const message = late.get(name) ?? null;
    const alert = message === null ? null : { kind: 'backup-late' as const, message };
    return { app: name, alert, mends: message === null ? ['backup-late'] : [], updated: null };
  });
}

/** Of an app that is neither wanted nor there any more nothing is wrong, however it went. */
function goneSince(runtime: Runtime, desired: Desired, actual: Actual): Sighting[] {
  const known = new Set([...desired.apps, ...actual.apps].map(({ name }) => name));
  const open = openAlerts(runtime, desired.project).map(({ app }) => app);
  const gone = [...new Set(open)].filter((app) => app !== null && !known.has(app));
  return gone.map((app) => ({ app, alert: null, mends: ALERT_KINDS, updated: null }));
}

async function wellness(runtime: Runtime, project: Project, app: ActualApp): Promise<Sighting> {
  const message = await illness(runtime, project, app);
  const alert = message === null ? null : { kind: 'unhealthy' as const, message };
  return { app: app.name, alert, mends: message === null ? ['unhealthy'] : [], updated: null };
}

/** Null: it is well, as far as it says how that is to be told. */
async function illness(runtime: Runtime, { manifest }: Project, app: ActualApp): Promise<string | null> {
  if (app.status !== 'Running') return `it is ${app.status.toLowerCase()}`;
  const unreached = unreachedWords(app);
  if (unreached !== null) return unreached;
  const serving = app.generations.find(({ generation }) => generation === app.applied?.generation);
  if (!serving?.health) return null;
  const { health, toplevel } = serving;
  const guest = guestOver(runtime.daemons.get(LOCAL).incus(manifest.project), runtime.programs.exec);
  const asked = { ...health, timeoutMs: patienceFor(health) };
  return guest
    .check(app.name, toplevel, asked, throughFor(serving), () => undefined)
    .then(
      () => null,
      (error: unknown) => {
        const { code, message } = problemOf(error);
        // A daemon that does not answer says nothing of the app.
        if (!ILL.has(code)) throw error;
        return message;
      },
    );
}

/** What a look at a guest fails with that is not well. */
const ILL: ReadonlySet<ProblemCode> = new Set(['health-failed', 'guest-died', 'guest-frozen']);

function patienceFor({ timeoutMs, intervalMs, successes }: Health): number {
  return Math.min(timeoutMs, ANSWER_MS + successes * intervalMs);
}

function throughFor({ health, exposures }: Generation): ReturnType<typeof throughOf> {
  const listen = listenOf(exposures.find(({ role }) => role === 'web')?.binding ?? null);
  return health === null ? [] : throughOf(health, listen);
}

/** What `pets up` would repair, and nobody has asked for in the manifest. */
function driftIn(desired: Desired, actual: Actual): Sighting[] {
  const options = { prune: false, recreate: false, retry: false, only: null };
  const there = new Set(actual.apps.filter(isWhole).map(({ name }) => name));
  return planOf(desired, actual, options).apps.flatMap(({ app, changes }) => {
    if (!there.has(app)) return [];
    const fields = changes
      .filter(({ kind, facet }) => (kind === 'drifted' || kind === 'both') && facet !== 'power')
      .map(({ facet, field }) => `${facet}.${field}`);
    const message = `${fields.join(', ')}: not as it was last applied; \`pets diff ${app}\` shows it`;
    const alert = fields.length === 0 ? null : { kind: 'drift' as const, message };
    return [{ app, alert, mends: fields.length === 0 ? ['drift' as const] : [], updated: null }];
  });
}
