import type { Volume } from '../model.js';
import type { Incus, InstanceJson } from '../ports.js';
import { problemOf, ProblemError } from '../problem.js';
import { archiveOf, type Found } from './folder.js';
import { idAt } from './format.js';
import { aside, inPlace, isAside, partsOf } from './names.js';
import {
  asError,
  both,
  goOn,
  refuseOthers,
  settled,
  started,
  stopped,
  type Subject,
  type Work,
} from './subject.js';
import { archive, removeLeftovers } from './take.js';

/** A volume of the app: what it holds now, and what it held then. */
type Exchange = { readonly name: string; readonly old: Volume | null; readonly restored: Volume };

export type Restored = {
  /** The volumes that were put back. */
  readonly volumes: readonly string[];
  /** A backup of what was replaced; null: there was nothing. */
  readonly replaced: Found | null;
};

/**
 * Puts an app's volumes back as they were. The archives are imported beside what is there, while the app still runs;
 * then it is stopped and gets all of them in one change of its instance. Where it does not come up with them it gets
 * its own back. What was replaced is deleted when there is a backup of it.
 */
export async function restoreBackup(from: Found, subject: Subject, work: Work): Promise<Restored> {
  refuseOthers(subject);
  await removeLeftovers(subject, work);
  const time = work.now();
  const exchanges = await importAll(from, subject, idAt(time), work);
  // From here to the end: half of it would be neither the old data nor the new.
  const undisturbed: Work = { ...work, stop: new AbortController().signal };
  await exchange(exchanges, subject, undisturbed);
  for (const { old, restored } of exchanges) await rename(old, restored, work.incus);
  const replaced = await keepReplaced(exchanges, subject, time, undisturbed);
  return { volumes: exchanges.map(({ name }) => name), replaced };
}

async function importAll(from: Found, subject: Subject, id: string, work: Work): Promise<Exchange[]> {
  const { app, volumes } = subject;
  const exchanges: Exchange[] = [];
  try {
    for (const volume of from.backup.volumes) {
      goOn(work);
      const { name } = volume;
      work.say(`unpacking ${name}`);
      const old = volumes.find((v) => v.volume === name) ?? null;
      const marks = { app, volume: aside(name, 'restored', id) };
      const restored = await work.incus.importVolume(
        archiveOf(from.folder, volume),
        marks,
        old?.pool ?? null,
      );
      exchanges.push({ name, old, restored });
      if (old && old.size !== restored.size) await work.incus.resizeVolume(restored, old.size);
    }
    goOn(work);
    return exchanges;
  } catch (error) {
    throw both(error, await discard(exchanges, work.incus));
  }
}

async function discard(exchanges: readonly Exchange[], incus: Incus): Promise<Error | null> {
  try {
    for (const { restored } of exchanges) await incus.removeVolume(restored);
    return null;
  } catch (error) {
    return asError(error);
  }
}

/** The app with the restored volumes, up if it was up; or as it was. */
async function exchange(exchanges: readonly Exchange[], subject: Subject, work: Work): Promise<void> {
  const { before, after } = devicesOf(exchanges, await instanceOf(subject, work));
  const set = async (devices: typeof before) => {
    if (Object.keys(devices).length > 0) await work.incus.setDevices(subject.app, devices);
  };
  try {
    await stopped(subject, work);
    work.say('exchanging the volumes');
    await set(after);
    await started(subject, work);
    await settled(subject, work);
  } catch (error) {
    work.say('putting back what was there');
    const undone = async () => {
      await stopped(subject, work);
      await set(before);
      await started(subject, work);
      await settled(subject, work);
    };
    const failure = (await undone().then(() => null, asError)) ?? (await discard(exchanges, work.incus));
    throw failure === null ? notRestored(error) : both(error, failure);
  }
}

function notRestored(error: unknown): ProblemError {
  const problem = problemOf(error);
  return new ProblemError({ ...problem, message: `${problem.message}; the app has the data it had before` });
}

type Devices = InstanceJson['devices'];

async function instanceOf({ app, facts }: Subject, { incus }: Work): Promise<InstanceJson | null> {
  const all = await incus.instances();
  return all.find((i) => i.name === app && i.config['user.pets.project'] === facts.project) ?? null;
}

/** The app's disk devices that show a volume which is exchanged, as they are and as they will be. */
function devicesOf(exchanges: readonly Exchange[], instance: InstanceJson | null) {
  const before: Record<string, Devices[string]> = {};
  const after: Record<string, Devices[string]> = {};
  for (const [device, value] of Object.entries(instance?.devices ?? {})) {
    const { type, pool, source } = value;
    const found = exchanges.find(({ old }) => old?.pool === pool && old?.name === source);
    if (type !== 'disk' || !found) continue;
    before[device] = value;
    after[device] = { ...value, pool: found.restored.pool, source: found.restored.name };
  }
  return { before, after };
}

/** The old one first: killed in between, `endRestore` sees what is left to do. */
async function rename(old: Volume | null, restored: Volume, incus: Incus): Promise<void> {
  const { name, id } = partsOf(restored.volume) ?? { name: restored.volume, id: '' };
  if (old) await incus.markVolume(old, { app: old.app, volume: aside(name, 'replaced', id) });
  await incus.markVolume(restored, { app: restored.app, volume: name });
}

/** What a killed restore has left to do where the app has its volumes already: the volumes' names. */
export async function endRestore(app: string, volumes: readonly Volume[], incus: Incus): Promise<void> {
  for (const restored of inPlace(app, volumes)) {
    const name = partsOf(restored.volume)?.name;
    await rename(volumes.find((v) => v.app === app && v.volume === name) ?? null, restored, incus);
  }
}

async function keepReplaced(
  exchanges: readonly Exchange[],
  subject: Subject,
  time: Date,
  work: Work,
): Promise<Found | null> {
  const id = idAt(time);
  const replaced = exchanges.flatMap(({ name, old }) =>
    old
      ? [
          {
            name,
            from: { ...old, volume: aside(name, 'replaced', id) },
            path: subject.paths.get(old.name) ?? null,
          },
        ]
      : [],
  );
  if (replaced.length === 0) return null;
  try {
    const found = await archive(replaced, subject, time, work);
    for (const { from } of replaced) await work.incus.removeVolume(from);
    return found;
  } catch (error) {
    const problem = problemOf(error);
    const names = replaced.map(({ from }) => `${from.app}/${from.volume}`);
    throw new ProblemError({
      ...problem,
      message: `the data is restored, but there is no backup of what it replaced: ${problem.message}`,
      hint: `that is kept in ${names.join(', ')}; \`pets volume rm ${names[0] ?? ''}\` deletes it`,
    });
  }
}

/** Volumes of the app that a backup does not have: they stay as they are. */
export function untouched({ backup }: Found, { volumes }: Subject): string[] {
  const own = volumes.filter((v) => !isAside(v)).map((v) => v.volume);
  return own.filter((name) => !backup.volumes.some((v) => v.name === name));
}
