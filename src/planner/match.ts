import type { Actual, ActualApp, Volume } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';
import type { Desired, DesiredApp } from '../domain/desired.js';
import { toplevelIn } from '../facets/system.js';

/** Ways in which an instance can be an app's, the surest first. */
const RULES: readonly ((app: DesiredApp, instance: ActualApp) => boolean)[] = [
  (app, { name }) => name === app.name,
  // A rename that was cut short.
  (app, { renamingTo }) => renamingTo === app.name,
  // One that was cut short and is not wanted any more.
  (app, { renamedFrom }) => renamedFrom === app.name,
  (app, { name, renamedFrom }) => name === app.was || (renamedFrom !== null && renamedFrom === app.was),
];

/** App → its instance, under its name or one that it had. No instance is two apps'. */
export function matchApps(desired: Desired, { apps }: Actual): ReadonlyMap<AppName, ActualApp> {
  const found = new Map<AppName, ActualApp>();
  const taken = new Set<ActualApp>();
  for (const isItsOwn of RULES) {
    for (const app of desired.apps.filter(({ name }) => !found.has(name))) {
      const instance = apps.find((one) => !taken.has(one) && isItsOwn(app, one));
      if (!instance) continue;
      found.set(app.name, instance);
      taken.add(instance);
    }
  }
  return found;
}

export type Taken = {
  readonly from: AppName;
  readonly volumes: readonly Volume[];
  /** Whether the generations that stand under that name are its own. */
  readonly generations: boolean;
};

/**
 * What an app takes over from the other name that it has, had, or was to get: volumes, and with an instance the
 * generations. A name that another instance bears by now has only given what this one has attached.
 */
export function takenBy(app: DesiredApp, there: ActualApp | null, actual: Actual): Taken | null {
  const from = otherName(app, there, actual);
  if (from === null) return null;
  const isTaken = actual.apps.some((other) => other !== there && other.name === from);
  const own = new Set(actual.volumes.filter((v) => v.app === app.name).map((v) => v.volume));
  const isIts = ({ usedBy, volume }: Volume) => {
    if (there === null) return !own.has(volume);
    return !isTaken || usedBy.includes(there.name);
  };
  const volumes = actual.volumes.filter((v) => v.app === from && isIts(v));
  // One that keeps its name has lost them to the other only if it has none.
  const hasNone = there?.name !== app.name || toplevelIn(there.facets) === null;
  const generations = there !== null && !isTaken && hasNone;
  return generations || volumes.length > 0 ? { from, volumes, generations } : null;
}

function otherName(app: DesiredApp, there: ActualApp | null, { apps }: Actual): AppName | null {
  if (there) return there.name === app.name ? there.renamingTo : there.name;
  // Of the former app only volumes are left.
  return app.was !== null && !apps.some(({ name }) => name === app.was) ? app.was : null;
}
