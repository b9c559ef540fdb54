import { dueBackups } from '../backup/due.js';
import { Interrupted } from '../backup/subject.js';
import type { Actual, ActualApp } from '../domain/actual.js';
import { printBackupRecord } from '../domain/backup-record.js';
import type { AppName } from '../domain/names.js';
import { EXIT, ProblemError, type ExitCode } from '../domain/problem.js';
import { startPlan, unstartable } from '../planner/power.js';
import type { BackedUp } from './backups.js';
import { carryOutUnattended } from './carry-out.js';
import { LOCAL } from './daemons.js';
import { everything, observeIdle, wantedBy } from './observe.js';
import { resolveDesired } from './project.js';
import type { LockOptions } from './project-lock.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';
import { quietly } from './settle-updates.js';

/** What is there then, and why some of them do not run: they stay marked, and the next run tries again. */
export type Started = { readonly actual: Actual; readonly failed: readonly BackedUp[] };

/**
 * Starts the apps that a scheduled backup has left stopped, as it was killed. An Interrupted among `failed` ends the run
 * that asked.
 */
export async function startLeft(
  runtime: Runtime,
  project: Project,
  found: Actual,
  { only, ...options }: LockOptions & { readonly only: ReadonlySet<AppName> | null },
): Promise<Started> {
  const { left } = dueBackups(project.manifest.apps, found, new Date());
  const chosen = new Set(left.filter((app) => only === null || only.has(app)));
  await forgetLeft(
    runtime,
    project,
    found.apps.filter(({ status }) => status === 'Running'),
  );
  if (chosen.size === 0) return { actual: found, failed: [] };
  const desired = await resolveDesired(runtime, project, new Set());
  const actual = await observeIdle(runtime, desired.project, wantedBy(desired));
  const why = new Map([...chosen].map((app) => [app, unstartable(app, desired, actual)?.message ?? null]));
  const able = new Set([...chosen].filter((app) => why.get(app) === null));
  for (const app of able)
    runtime.output.step(app, 'was stopped for a backup that was killed, and is started');
  const work = { verb: 'start', ...startPlan(desired, actual, able), project } as const;
  const code = able.size === 0 ? EXIT.ok : await carryOutUnattended(runtime, work, options);
  const now = await observeIdle(runtime, project.manifest.project, everything);
  const isUp = (app: AppName) => now.apps.some(({ name, status }) => name === app && status === 'Running');
  await forgetLeft(
    runtime,
    project,
    now.apps.filter(({ name }) => chosen.has(name) && isUp(name)),
  );
  const down = [...chosen].filter((app) => !isUp(app));
  return { actual: now, failed: down.map((app) => failureOf(app, why.get(app) ?? null, code)) };
}

function failureOf(app: AppName, why: string | null, code: ExitCode): BackedUp {
  const isEnded = code === EXIT.interrupted || code === EXIT.terminated;
  const reason = isEnded ? 'it was not started yet' : (why ?? '`pets runs last` has why');
  const message = `\`${app}\` was stopped for a backup that was killed, and does not run again: ${reason}`;
  const failure = isEnded
    ? new Interrupted(message, AbortSignal.abort(code))
    : new ProblemError({ code: 'backup-failed', app, message, hint: `\`pets up ${app}\` starts it` });
  return { app, folder: null, failure };
}

/** Of apps that run, or that somebody wants stopped. */
export async function forgetLeft(
  runtime: Runtime,
  { manifest }: Pick<Project, 'manifest'>,
  apps: readonly Pick<ActualApp, 'name' | 'backup'>[],
): Promise<void> {
  const incus = runtime.daemons.get(LOCAL).incus(manifest.project);
  for (const { name, backup } of apps)
    if (backup?.stopped === true)
      await quietly(runtime, () => incus.setConfig(name, printBackupRecord({ ...backup, stopped: false })));
}
