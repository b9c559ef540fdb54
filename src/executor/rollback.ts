import type { Action, VolumeMount } from '../domain/action.js';
import { LABEL, generationIn, generationKey, printPetState } from '../domain/labels.js';
import { parseApplied, printCondemned } from '../domain/records.js';
import type { AppName } from '../domain/names.js';
import type { StoreMode } from '../domain/store-mode.js';
import type { Volume } from '../domain/actual.js';
import type { Incus } from '../domain/services.js';
import { FailedProgram, problemOf } from '../domain/problem.js';
import { whileFilling } from '../lib/progress.js';
import { findRoom } from '../domain/disk-space.js';
import { limitOf, type OperationContext } from './job.js';
import { asWanted } from './record.js';

/**
 * Remembers that what was wanted did not work. A daemon or a host that failed says nothing about it: then it is
 * tried again the next time. `why` null: in the words of what failed.
 */
export async function rejectRevision(
  job: OperationContext,
  { facets, why, at, byHand }: Condemn,
): Promise<string> {
  const failure = job.state.failures.get(job.app);
  if (why === null && !(failure instanceof FailedProgram))
    return 'the system is not to blame: it will be tried again';
  const words = why ?? job.services.secrets.hide(problemOf(failure).message);
  const condemned = { at: at ?? new Date().toISOString(), facets: asWanted(job, facets), why: words, byHand };
  await job.services.incus.setConfig(job.app, { [LABEL.rejected]: printCondemned(condemned) });
  return '';
}

type Condemn = Extract<Action, { kind: 'condemn' }>;

/** For the copies that are made once the app is stopped. */
export async function roomFor(job: OperationContext, mounts: readonly VolumeMount[]): Promise<string> {
  const { app, services } = job;
  const own = (await services.incus.volumes()).filter((v) => v.app === app);
  const mounted = mounts.flatMap(({ volume: name, path }) => {
    const volume = own.find((v) => v.volume === name);
    return volume ? [{ volume, path }] : [];
  });
  return findRoom(app, mounted, { ...services, limitMs: limitOf(job) });
}

type Snapshot = Extract<Action, { kind: 'snapshot' }>;

/** Copies of volumes are one by one, and each says its own name. A lasting one that is there is left: a number tells. */
export async function snapshot(job: OperationContext, { volumes, name, isLasting }: Snapshot): Promise<void> {
  const { app, services } = job;
  const own = (await services.incus.volumes()).filter((v) => v.app === app && volumes.includes(v.volume));
  const taken = isLasting ? (await Promise.all(own.map((v) => services.incus.snapshots(v)))).flat() : [];
  const numbers = taken.filter((copy) => COPY.exec(copy)?.[1] === name);
  const last = Math.max(0, ...numbers.map((copy) => Number(COPY.exec(copy)?.[3] ?? 1)));
  for (const volume of own)
    await copying(volume, job, () =>
      services.incus.snapshotVolume(volume, last === 0 ? name : `${name}-${last + 1}`),
    );
}

/** Told of as far as the pool shows it. One whose snapshots are no copies has them at once. */
export function copying(
  volume: Volume,
  { services, tell }: OperationContext,
  work: () => Promise<void>,
): Promise<void> {
  const free = async () => (await services.incus.poolSpace(volume.pool)).bytes.free;
  return volume.copies ? whileFilling({ what: volume.volume, free, tell }, work) : work();
}

/**
 * A volume without such a copy came later: it stays as it is. While it lasts the pet is marked: volumes that are only
 * half restored are never to be started with. What was restored, in words.
 */
export async function restore(
  job: OperationContext,
  names: readonly string[],
  copy: string,
): Promise<string> {
  const { app, services } = job;
  const volumes = await services.incus.volumes();
  const restored: string[] = [];
  await services.incus.setConfig(app, printPetState('restoring'));
  for (const volume of volumes.filter((v) => v.app === app && names.includes(v.volume))) {
    if (!(await services.incus.snapshots(volume)).includes(copy)) continue;
    await copying(volume, job, () => services.incus.restoreVolume(volume, copy));
    restored.push(volume.volume);
  }
  await services.incus.setConfig(app, printPetState('upgrading'));
  return restored.join(', ');
}

/** A copy that pets made of what a generation left, or of what was there when it came back; of these there may be several. */
const COPY = /^(pets-(?:undone-)?(\d+))(?:-(\d+))?$/;

/**
 * The last generation of which the app's volumes have copies, though nothing else may know of it any more: another one
 * of that number would be taken for the one that left them. 0: none.
 */
export async function lastCopied({ app, services, state }: OperationContext): Promise<number> {
  const own = (await services.incus.volumes()).filter((v) => v.app === app);
  if (own.length === 0) state.bare.add(app);
  const copies = (await Promise.all(own.map((volume) => services.incus.snapshots(volume)))).flat();
  return Math.max(0, ...copies.map((copy) => Number(COPY.exec(copy)?.[2] ?? 0)));
}

/** What of an app is beyond the newest `keep` good generations. */
export type Surplus = {
  readonly kept: readonly number[];
  /** Generations that are recorded. */
  readonly gone: readonly number[];
  /** Of volumes, as those generations left them. */
  readonly copies: readonly { readonly volume: Volume; readonly name: string }[];
};

type Reading = Pick<Incus, 'instance' | 'volumes' | 'snapshots'>;

/** `isBare`: it is known that the app has had no volumes. */
export async function surplusOf(
  app: AppName,
  keep: number,
  incus: Reading,
  { isBare = false } = {},
): Promise<Surplus> {
  const { config } = await incus.instance(app);
  const recorded = Object.keys(config).flatMap((key) => generationIn(key) ?? []);
  const newest = recorded.sort((a, b) => b - a).slice(0, Math.max(1, keep));
  // One that was rolled back to by hand may be older than all of these.
  const serving = parseApplied(config[LABEL.applied])?.generation;
  const kept = [...new Set([...newest, ...recorded.filter((generation) => generation === serving)])];
  const copies: { volume: Volume; name: string }[] = [];
  const volumes = isBare ? [] : await incus.volumes();
  for (const volume of volumes.filter((v) => v.app === app))
    for (const name of await incus.snapshots(volume)) {
      const [, , generation] = COPY.exec(name) ?? [];
      if (generation !== undefined && !kept.includes(Number(generation))) copies.push({ volume, name });
    }
  return { kept, gone: recorded.filter((generation) => !kept.includes(generation)), copies };
}

/** Removes generations beyond the newest `keep` good ones, with their records and copies; what went, in words. */
export async function collect(
  { app, services, state }: OperationContext,
  keep: number,
  store: StoreMode,
): Promise<string> {
  const isBare = state.bare.has(app);
  const { kept, gone, copies } = await surplusOf(app, keep, services.incus, { isBare });
  // First: what is recorded and gone would still be offered to return to.
  if (gone.length > 0)
    await services.incus.setConfig(
      app,
      Object.fromEntries(gone.map((generation) => [generationKey(generation), ''])),
    );
  for (const { volume, name } of copies) await services.incus.removeSnapshot(volume, name);
  await services.incus.clearOutputs(app);
  return services.stores[store].collect(app, kept);
}
