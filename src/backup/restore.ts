import type { Stopped } from '../domain/stop-timeout.js';
import type { AppName } from '../domain/names.js';
import type { Volume } from '../domain/actual.js';
import type { GeneratedSecrets, Incus } from '../domain/services.js';
import { problemOf, ProblemError } from '../domain/problem.js';
import { countBytes } from '../lib/progress.js';
import { discard, exchange, type Exchange, type Exchanges } from './exchange.js';
import { archiveOf, type Found } from './folder.js';
import { idAt } from './format.js';
import { stagingName, inPlace, isStaged, partsOf } from './names.js';
import { replacedBy, type SecretChange } from './secrets.js';
import {
  asError,
  both,
  throwIfAborted,
  refuseOthers,
  refuseProtected,
  type BackupTarget,
  type BackupContext,
} from './subject.js';
import { archive, removeLeftovers, type FrozenVolume } from './take.js';

export type Restored = {
  /** The volumes that were put back. */
  readonly volumes: readonly string[];
  /** The secrets that were others since. */
  readonly secrets: readonly string[];
  /** A backup of what was replaced; null: there was nothing. */
  readonly replaced: Found | null;
};

/**
 * Puts an app's volumes back as they were. The archives are imported beside what is there, while the app still runs;
 * then it is stopped and gets all of them in one change of its instance. Where it does not come up with them it gets
 * its own back. What was replaced is deleted when there is a backup of it.
 */
export async function restoreBackup(
  from: Found,
  secrets: SecretChange,
  subject: BackupTarget,
  work: BackupContext,
): Promise<Restored> {
  refuseOthers(subject);
  refuseProtected(subject);
  await removeLeftovers(subject, work);
  const time = work.now();
  const id = idAt(time);
  await work.secrets.stage(subject.app, id, secrets.restored);
  const volumes = await importAll(from, subject, id, work);
  const exchanges = { id, volumes, secrets };
  // From here to the end: half of it would be neither the old data nor the new.
  const undisturbed: BackupContext = { ...work, stop: new AbortController().signal };
  const end = await exchange(exchanges, subject, undisturbed);
  for (const { old, restored } of volumes) await rename(old, restored, work.incus);
  await work.secrets.unstage();
  const replaced = await keepReplaced(exchanges, end, subject, time, undisturbed);
  return { volumes: volumes.map(({ name }) => name), secrets: [...secrets.restored.keys()], replaced };
}

async function importAll(
  from: Found,
  subject: BackupTarget,
  id: string,
  work: BackupContext,
): Promise<Exchange[]> {
  const { app, volumes } = subject;
  const exchanges: Exchange[] = [];
  try {
    for (const volume of from.backup.volumes) {
      throwIfAborted(work);
      const { name } = volume;
      work.say(`unpacking ${name}`);
      const old = volumes.find((v) => v.volume === name) ?? null;
      const marks = { app, volume: stagingName(name, 'restored', id) };
      const restored = await work.incus.importVolume(
        countBytes(archiveOf(from.folder, volume), name, volume.bytes, work.tell),
        marks,
        old?.pool ?? null,
      );
      exchanges.push({ name, old, restored });
      if (old && old.size !== restored.size) await work.incus.resizeVolume(restored, old.size);
    }
    throwIfAborted(work);
    return exchanges;
  } catch (error) {
    const undone = async () => {
      await discard(exchanges, work.incus);
      await work.secrets.unstage();
    };
    throw both(error, await undone().then(() => null, asError));
  }
}

/** The old one first: killed in between, `endRestore` sees what is left to do. */
async function rename(old: Volume | null, restored: Volume, incus: Incus): Promise<void> {
  const { name, id } = partsOf(restored.volume) ?? { name: restored.volume, id: '' };
  if (old) await incus.markVolume(old, { app: old.app, volume: stagingName(name, 'replaced', id) });
  await incus.markVolume(restored, { app: restored.app, volume: name });
}

/** What a killed restore has left to do where the app has its volumes already: its secrets, the volumes' names. */
export async function endRestore(
  app: AppName,
  volumes: readonly Volume[],
  { incus, secrets }: { readonly incus: Incus; readonly secrets: GeneratedSecrets },
): Promise<void> {
  for (const restored of inPlace(app, volumes)) {
    const { name, id } = partsOf(restored.volume) ?? {};
    if (id !== undefined) await secrets.commit(app, id);
    await rename(volumes.find((v) => v.app === app && v.volume === name) ?? null, restored, incus);
  }
}

async function keepReplaced(
  { id, volumes, secrets }: Exchanges,
  end: Stopped,
  subject: BackupTarget,
  time: Date,
  work: BackupContext,
): Promise<Found | null> {
  const replaced = volumes.flatMap(({ name, old }): FrozenVolume[] => {
    if (!old) return [];
    const from = { ...old, volume: stagingName(name, 'replaced', id) };
    return [{ name, from, path: subject.paths.get(old.name) ?? null }];
  });
  if (replaced.length + replacedBy(secrets).length === 0) return null;
  try {
    const found = await archive({ volumes: replaced, secrets: secrets.before, end }, subject, time, work);
    for (const { from } of replaced) await work.incus.removeVolume(from);
    return found;
  } catch (error) {
    throw notKept(error, replaced);
  }
}

function notKept(error: unknown, replaced: readonly FrozenVolume[]): ProblemError {
  const problem = problemOf(error);
  const message = `the data is restored, but there is no backup of what it replaced: ${problem.message}`;
  const names = replaced.map(({ from }) => `${from.app}/${from.volume}`);
  const [name] = names;
  if (name === undefined) return new ProblemError({ ...problem, message });
  const hint = `that is kept in ${names.join(', ')}; \`pets volume rm ${name}\` deletes it`;
  return new ProblemError({ ...problem, message, hint });
}

/** Volumes of the app that a backup does not have: they stay as they are. */
export function volumesLeft({ backup }: Found, { volumes }: BackupTarget): string[] {
  const own = volumes.filter((v) => !isStaged(v)).map((v) => v.volume);
  return own.filter((name) => !backup.volumes.some((v) => v.name === name));
}
