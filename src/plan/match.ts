import type { Actual, ActualApp, AppName, Desired, DesiredApp } from '../model.js';

/** Ways in which an instance can be an app's, the surest first. */
const RULES: readonly ((app: DesiredApp, instance: ActualApp) => boolean)[] = [
  (app, { name }) => name === app.name,
  // A rename that was cut short.
  (app, { becoming }) => becoming === app.name,
  (app, { name }) => name === app.was,
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
