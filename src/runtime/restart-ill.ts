import type { Sighting } from '../domain/alert.js';
import type { AppName } from '../domain/names.js';
import { mayRestart, MOST_RESTARTS, printRestarts, recentRestarts } from '../domain/restarts.js';
import { restartPlan } from '../planner/power.js';
import { carryOutUnattended } from './carry-out.js';
import { LOCAL } from './daemons.js';
import { observeIdle, wantedBy } from './observe.js';
import { resolveDesired } from './project.js';
import type { LockOptions } from './project-lock.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';

/**
 * Restarts the apps that were found unhealthy and whose `health.restart` asks for it, a few times a day and no more.
 * Who is stopped stays so. That one was restarted is noted first: a run that is killed counts as well.
 */
export async function restartIll(
  runtime: Runtime,
  project: Project,
  sightings: readonly Sighting[],
  options: LockOptions,
): Promise<void> {
  const asked = new Set(project.manifest.apps.filter((app) => app.restartUnhealthy).map(({ name }) => name));
  const ill = sightings.filter(
    ({ app, alert }) => alert?.kind === 'unhealthy' && app !== null && asked.has(app),
  );
  if (ill.length === 0) return;
  const desired = await resolveDesired(runtime, project, new Set());
  const actual = await observeIdle(runtime, desired.project, wantedBy(desired));
  const incus = runtime.daemons.get(LOCAL).incus(desired.project);
  const now = Date.now();
  const chosen = new Set<AppName>();
  for (const { name, status, restarts } of actual.apps) {
    if (!ill.some(({ app }) => app === name) || status !== 'Running') continue;
    if (!mayRestart(restarts, now)) {
      tellLeft(runtime, name, recentRestarts(restarts, now).length);
      continue;
    }
    await incus.setConfig(name, printRestarts([...restarts, new Date(now).toISOString()]));
    runtime.output.step(name, 'is not well, and is restarted');
    chosen.add(name);
  }
  if (chosen.size === 0) return;
  const work = { verb: 'restart', ...restartPlan(desired, actual, chosen), project } as const;
  await carryOutUnattended(runtime, work, options);
}

function tellLeft({ output }: Runtime, app: AppName, times: number): void {
  const why =
    times < MOST_RESTARTS
      ? 'was restarted just now'
      : `was restarted ${times} times in a day, and is left as it is`;
  output.notice('note', `${app} is not well; it ${why}`);
}
