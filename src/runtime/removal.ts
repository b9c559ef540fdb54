import type { Actual } from '../domain/actual.js';
import type { Manifest } from '../domain/manifest.js';
import type { AppName } from '../domain/names.js';
import type { Plan } from '../domain/plan.js';
import { profileOwners, withDrops } from '../planner/collect.js';
import { planOf } from '../planner/plan.js';
import { orphanedProfiles } from '../stores/shared.js';
import { gracesOf } from './select.js';

/** Every container of `actual` goes, whatever the manifest has. */
export function removalOf({ project, apps }: Manifest, actual: Actual): Plan {
  const options = { prune: true, recreate: false, retry: false, only: null, graces: gracesOf(apps) };
  return planOf({ project, apps: [] }, actual, options);
}

/** And what a run that was killed has left: it deleted the container, and did not get to its generations. */
export function withOrphans(
  plan: Plan,
  actual: Actual,
  isMeant: (app: AppName) => boolean = () => true,
): Plan {
  const orphans = orphanedProfiles(plan.project, profileOwners(actual));
  return withDrops(plan, orphans.filter(isMeant));
}
