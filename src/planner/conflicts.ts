import { STEADY_STATES } from '../domain/instance-state.js';
import { capabilitiesOf, OWN_STORE } from '../domain/store-mode.js';
import type { Actual, PortOwner } from '../domain/actual.js';
import type { Desired, DesiredApp } from '../domain/desired.js';
import type { Problem } from '../domain/problem.js';
import { inTheWay } from './added.js';
import type { ExposureChange } from './exposure.js';
import type { Compared } from './compare.js';
import { portConflicts } from './port-conflicts.js';

/** Everything that forbids carrying out the plan. Found before the first write, all of it at once. */
export function conflictsOf(
  { apps }: Desired,
  compared: readonly Compared[],
  actual: Actual,
  moves: readonly ExposureChange[],
  /** Exposures of this project's apps that stay where they are although no selected app has them. */
  staying: readonly PortOwner[],
): Problem[] {
  const { inherited, addresses } = actual;
  const byApp = new Map(moves.map((m) => [m.app, m]));
  const there = new Map(compared.map((c) => [c.app.name, c]));
  const claims = [...actual.portOwners, ...staying];
  return apps.flatMap((app) => {
    const opens = byApp.get(app.name)?.opens ?? [];
    return [
      ...app.problems,
      ...foreignInstance(app, actual),
      ...claimedName(app, there.get(app.name), actual),
      ...portConflicts(app, opens, { apps, claims, inherited, addresses }),
      ...brokenInstance(app, there.get(app.name)),
      ...compared.filter((c) => c.app === app).flatMap(inTheWay),
      ...unshareableStore(app, there.get(app.name), actual),
      ...missingImage(app, there.get(app.name), actual),
      ...missingOthers(app, there, actual),
      ...sameVolumes(app, there.get(app.name), actual),
    ];
  });
}

function foreignInstance(app: DesiredApp, actual: Actual): Problem[] {
  const owner = Object.hasOwn(actual.unmanaged, app.name) ? actual.unmanaged[app.name] : undefined;
  if (owner === undefined) return [];
  return [
    {
      code: 'name-taken',
      app: app.name,
      path: ['apps', app.name],
      message: `the name \`${app.name}\` is taken by an Incus instance that ${owner}`,
      hint: "rename the app; pets never changes an instance that does not bear its project's mark; `pets adopt` hands one over",
    },
  ];
}

/** What bears the name already may be the other one's: volumes, generations. */
function claimedName(app: DesiredApp, compared: Compared | undefined, { apps }: Actual): Problem[] {
  const other = apps.find(({ renamingTo }) => renamingTo === app.name);
  if (!other || !compared || compared.actual) return [];
  return [
    {
      code: 'rename-unfinished',
      app: app.name,
      path: ['apps', app.name],
      message: `\`${other.name}\` was to become \`${app.name}\`, and that was cut short`,
      hint: `pets up ${other.name} takes it back; then \`${app.name}\` can be made`,
    },
  ];
}

function brokenInstance(app: DesiredApp, compared: Compared | undefined): Problem[] {
  const instance = compared?.actual;
  if (!instance || STEADY_STATES.has(instance.status)) return [];
  return [
    {
      code: 'instance-broken',
      data: { status: instance.status },
      app: app.name,
      path: ['apps', app.name],
      message: `Incus says the instance's status is ${instance.status}`,
      hint: `look at \`incus info --show-log ${instance.name}\``,
    },
  ];
}

function unshareableStore(app: DesiredApp, compared: Compared | undefined, actual: Actual): Problem[] {
  if (!compared || !capabilitiesOf(compared.store).sharesHostStore || actual.sharedStoreBlocker === null)
    return [];
  return [
    {
      code: 'store-unshareable',
      app: app.name,
      path: ['apps', app.name, 'store'],
      message: `the shared store cannot work here: ${actual.sharedStoreBlocker}`,
      hint: `store = "${OWN_STORE}" gives the app a store of its own`,
    },
  ];
}

/** Before a container is deleted for one that cannot be made. */
function missingImage(app: DesiredApp, compared: Compared | undefined, actual: Actual): Problem[] {
  if (!compared || !capabilitiesOf(compared.store).needsImage) return [];
  const isMade = compared.actual?.store !== compared.store;
  if (!isMade || app.image === null || !actual.missingImages.includes(app.image)) return [];
  return [
    {
      code: 'image-missing',
      data: { image: app.image },
      app: app.name,
      path: ['apps', app.name, 'image'],
      message: `Incus has no image \`${app.image}\`, which a store of its own begins with`,
      hint: `incus image copy images:${app.image} local: --alias ${app.image}`,
    },
  ];
}

/** An app that another comes after must run, or be brought up by this run. */
function missingOthers(app: DesiredApp, planned: ReadonlyMap<string, Compared>, { apps }: Actual): Problem[] {
  return app.after
    .filter((other) => !planned.has(other) && apps.find((a) => a.name === other)?.status !== 'Running')
    .map((other) => ({
      code: 'dependency-not-running' as const,
      app: app.name,
      path: ['apps', app.name, 'after'],
      message: `\`${app.name}\` comes after \`${other}\`, which does not run`,
      hint: `bring up both: pets up ${other} ${app.name}`,
    }));
}

/** A rename takes the volumes along: two of one name could not be told apart any more. */
function sameVolumes({ name }: DesiredApp, compared: Compared | undefined, { volumes }: Actual): Problem[] {
  const former = compared?.actual?.name ?? name;
  if (former === name) return [];
  const own = new Set(volumes.filter((v) => v.app === name).map((v) => v.volume));
  return volumes
    .filter((v) => v.app === former && own.has(v.volume))
    .map(({ volume }) => ({
      code: 'volume-clash' as const,
      data: { volume },
      app: name,
      path: ['apps', name, 'was'],
      message: `both \`${former}\` and \`${name}\` have a volume \`${volume}\``,
      hint: `look at both (\`pets volume ls\`); \`pets volume rm\` deletes the one that is not wanted`,
    }));
}
