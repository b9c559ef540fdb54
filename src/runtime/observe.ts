import { LABEL } from '../domain/labels.js';
import { sleep } from '../lib/wait.js';
import { unfinishedRestores } from '../backup/names.js';
import { endRestore } from '../backup/restore.js';
import { instanceOf, openStores } from '../stores/stores.js';
import { profileTarget } from '../stores/shared.js';
import { hostView } from '../incus/observe/host.js';
import { actualFrom } from '../incus/observe/observe.js';
import { INCUS_PROJECT } from '../incus/client/own.js';
import { inheritedBindings, USUAL_PROFILES } from '../incus/observe/profiles.js';
import { ownersOnce } from '../incus/observe/sockets.js';
import type { Actual } from '../domain/actual.js';
import type { Binding } from '../domain/binding.js';
import type { AppName } from '../domain/names.js';
import type { Desired, DesiredApp } from '../domain/desired.js';
import { capabilitiesOf, preferredStore, storeIn, type StoreMode } from '../domain/store-mode.js';
import type { Incus, InstanceJson } from '../domain/services.js';
import { twinProject } from '../domain/twin.js';
import { removeTwin } from '../executor/rehearsal/remove.js';
import { LOCAL, type Daemon } from './daemons.js';
import type { Runtime } from './runtime.js';

type Host = Pick<Runtime, 'daemons' | 'state' | 'programs'>;

const SETTLE_MS = 10_000;

/** Of this process' whole run: who has a socket is looked for in all processes, and so at most once. */
const owners = ownersOnce();

/** What of the machine a verb wants to know about; the rest is not looked up. */
export type Wanted = {
  readonly bindings: readonly Binding[];
  readonly apps: readonly string[];
  /** Whether an app has volumes. */
  readonly volumes: boolean;
  /** What apps are made from and with, should they have to be made. */
  readonly images: readonly Pick<DesiredApp, 'name' | 'was' | 'store' | 'image' | 'profiles' | 'devices'>[];
};
export const nothingWanted: Wanted = {
  bindings: [],
  apps: [],
  volumes: false,
  images: [],
};
/** Instances and volumes, kept ones too. */
export const everything: Wanted = { ...nothingWanted, volumes: true };

/**
 * What is there: one request to the daemon, and a few more where there are volumes or new apps; the rest from the
 * kernel and two links per app. A daemon that is still at a change (of a run that was killed, say) is waited for:
 * what it shows now is not what will be.
 */
export async function observe(
  { daemons }: Pick<Host, 'daemons'>,
  project: string,
  wanted: Wanted,
): Promise<Actual> {
  const local = daemons.get(LOCAL);
  const incus = local.incus(project);
  const view = { profile: profileTarget.bind(null, project), made: instanceOf.bind(null, project) };
  const deadline = Date.now() + SETTLE_MS;
  let daemon: number | null | undefined;
  for (;;) {
    const instances = await incus.instances();
    const ours = instances.filter((i) => i.config[LABEL.project] === project);
    const hasVolumes =
      wanted.volumes ||
      ours.some((i) => Object.keys(i.devices).some((device) => device.startsWith('volume-')));
    const stores = new Map(ours.map((i) => [i.name, storeIn(i.devices)] as const));
    const isToShare = wanted.images.some((app) => sharesAnew(app, stores));
    const [volumes, unshareable] = await Promise.all([
      hasVolumes ? incus.volumes() : [],
      // Matters to a container that is yet to be made, or to be made anew.
      isToShare ? incus.unshareable() : null,
    ]);
    const missingImages = await missing(imagesToMake(wanted, ours, unshareable), incus);
    const inherited = await inheritedBy(wanted, instances, local);
    const host = hostView(view, owners, daemon);
    const seen = { project, wanted, inherited, instances, volumes, unshareable, missingImages, host };
    const actual = actualFrom(seen);
    if (!actual.portOwners.some((claim) => claim.passing) || Date.now() > deadline) return actual;
    // Another daemon's forwarder is not waited for.
    if (daemon === undefined) {
      daemon = await local.process();
      continue;
    }
    await sleep(200);
  }
}

/** Of apps that have no container yet: what they get from Incus' profiles. Looked up only where there are such apps. */
async function inheritedBy(
  { images }: Wanted,
  instances: readonly InstanceJson[],
  { profiles: look }: Daemon,
): Promise<Actual['inherited']> {
  const there = new Set(instances.filter((i) => i.project === INCUS_PROJECT).map(({ name }) => name));
  const made = images.filter(({ name, was }) => !there.has(name) && (was === null || !there.has(was)));
  if (made.length === 0) return {};
  const names = made.flatMap((app) => app.profiles ?? USUAL_PROFILES);
  const profiles = await look(names);
  return Object.fromEntries(
    made.map(({ name, profiles: own, devices }) => [
      name,
      inheritedBindings(own ?? USUAL_PROFILES, devices, profiles),
    ]),
  );
}

/** Whether a container of the app is to be made that may have the host's store. `stores`: of those that are there. */
function sharesAnew(
  { name, store }: Wanted['images'][number],
  stores: ReadonlyMap<string, StoreMode>,
): boolean {
  const there = stores.get(name);
  if (store !== null && !capabilitiesOf(store).sharesHostStore) return false;
  return there === undefined || (store !== null && there !== store);
}

/** Images of containers that a run may have to make: where there is none, or one with the host's store. */
function imagesToMake(
  { images }: Wanted,
  ours: readonly InstanceJson[],
  unshareable: string | null,
): string[] {
  const made = images.filter(({ name, store }) => {
    const there = ours.find((i) => i.name === name);
    const isMade = !there || (store !== null && storeIn(there.devices) !== store);
    return isMade && capabilitiesOf(store ?? preferredStore(unshareable)).needsImage;
  });
  return [...new Set(made.flatMap(({ image }) => image ?? []))];
}

async function missing(images: readonly string[], incus: Incus): Promise<string[]> {
  const there = await Promise.all(images.map(async (image) => ({ image, is: await incus.hasImage(image) })));
  return there.filter(({ is }) => !is).map(({ image }) => image);
}

/**
 * For those who are about to change something: what the daemon still does to the pets is waited for first, and what
 * a killed restore or rehearsal has left to do is done.
 */
export async function observeIdle(runtime: Host, project: string, wanted: Wanted): Promise<Actual> {
  const incus = runtime.daemons.get(LOCAL).incus(project);
  await incus.waitForOperations();
  const actual = await observe(runtime, project, wanted);
  const apps = unfinishedRestores(actual);
  if (apps.length === 0 && actual.twins.length === 0) return actual;
  await endRehearsals(runtime, project, actual.twins);
  const secrets = runtime.state.generated(project);
  for (const app of apps) await endRestore(app, actual.volumes, { incus, secrets });
  return observe(runtime, project, wanted);
}

async function endRehearsals(
  { daemons, programs }: Host,
  project: string,
  apps: readonly AppName[],
): Promise<void> {
  if (apps.length === 0) return;
  const local = daemons.get(LOCAL);
  const [own, incus] = [local.incus(project), local.incus(twinProject(project))];
  const stores = openStores(twinProject(project), incus, programs.exec, programs.stream);
  for (const app of apps) await removeTwin({ own, incus, stores }, { app, project });
}

/** What is there when the daemon is done with what it is at; `isRestoring`: a killed restore has left something to do. */
export async function observeSettled(
  runtime: Host,
  project: string,
  wanted: Wanted,
): Promise<{ readonly actual: Actual; readonly isRestoring: boolean }> {
  await runtime.daemons.get(LOCAL).incus(project).waitForOperations();
  const actual = await observe(runtime, project, wanted);
  const isStaged = await runtime.state.generated(project).isStaged();
  return { actual, isRestoring: isStaged || unfinishedRestores(actual).length > 0 };
}

/** For those who would change something, and for those who only show what they would: these wait for nothing. */
export function observeFor(
  runtime: Host,
  project: string,
  { dryRun, ...wanted }: Wanted & { readonly dryRun: boolean | undefined },
): Promise<Actual> {
  return dryRun === true ? observe(runtime, project, wanted) : observeIdle(runtime, project, wanted);
}

/** For those who make containers: whether the store can be shared with them is known then. */
export async function observeToMake(runtime: Host, project: string, wanted: Wanted): Promise<Actual> {
  const actual = await observeIdle(runtime, project, wanted);
  const stores = new Map(actual.apps.map(({ name, store }) => [name as string, store]));
  const isToShare = wanted.images.some((app) => sharesAnew(app, stores));
  const isMoreKnown = isToShare && (await runtime.daemons.get(LOCAL).incus(project).trySharing());
  return isMoreKnown ? observe(runtime, project, wanted) : actual;
}

/** What a killed restore has left to do, for those who read secrets: some may not be kept as they are to be. */
export async function endRestores(runtime: Host, project: string): Promise<void> {
  const secrets = runtime.state.generated(project);
  if (!(await secrets.isStaged())) return;
  await observeIdle(runtime, project, everything);
  await secrets.unstage();
}

export function wantedBy({ apps }: Desired): Wanted {
  return {
    bindings: apps.flatMap((app) => app.exposures.map(({ binding }) => binding)),
    apps: apps.map(({ name }) => name),
    // A former name may have left some.
    volumes: apps.some(({ volumes, was }) => volumes.length > 0 || was !== null),
    images: apps,
  };
}
