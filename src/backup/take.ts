import type { Stopped } from '../domain/stop-timeout.js';
import type { Volume } from '../domain/actual.js';
import { problemOf, ProblemError } from '../domain/problem.js';
import type { SecretValues } from '../domain/services.js';
import { countBytes, whileFilling } from '../lib/progress.js';
import { findRoom, type Mounted } from '../domain/disk-space.js';
import { BackupDraft, once, type Found } from './folder.js';
import { idAt, type BackupSecret, type BackupVolume } from './format.js';
import { stagingName, isStaged, leftovers } from './names.js';
import {
  throwIfAborted,
  Interrupted,
  refuseOthers,
  refuseProtected,
  settleApp,
  whileStopped,
  type BackupTarget,
  type BackupContext,
} from './subject.js';

/** What an archive is made from: a volume that nobody writes to, under the name it has for the app. */
export type FrozenVolume = { readonly name: string; readonly from: Volume; readonly path: string | null };

/**
 * A consistent backup of the app's volumes. The app is stopped only while each volume is copied, which a pool with
 * snapshots does at once; the archives are made from the copies, after it has been started again.
 */
export async function takeBackup(subject: BackupTarget, work: BackupContext): Promise<Found> {
  refuseOthers(subject);
  refuseProtected(subject);
  await removeLeftovers(subject, work);
  if (subject.isUp) await findRoom(subject.app, mountedOf(subject), work);
  const time = work.now();
  const made: FrozenVolume[] = [];
  try {
    const end = await whileStopped(subject, work, () => copyAll(subject, idAt(time), made, work));
    const secrets = await work.secrets.of(subject.app);
    const found = await archive({ volumes: made, secrets, end }, subject, time, work);
    await comesUp(subject, found, work);
    return found;
  } finally {
    for (const { from } of made) await work.incus.removeVolume(from);
  }
}

/** What of it is copied; an app that does not run has nothing mounted, and nothing to lose by being stopped. */
function mountedOf({ volumes, paths }: BackupTarget): Mounted[] {
  return volumes.flatMap((volume) => {
    const path = paths.get(volume.name);
    return path === undefined || isStaged(volume) ? [] : [{ volume, path }];
  });
}

async function copyAll(
  { volumes, paths }: BackupTarget,
  id: string,
  made: FrozenVolume[],
  work: BackupContext,
): Promise<void> {
  for (const volume of volumes.filter((v) => !isStaged(v))) {
    throwIfAborted(work);
    const { volume: name } = volume;
    work.say(`copying ${name}`);
    const from = await copyVolume(volume, stagingName(name, 'copy', id), work);
    made.push({ name, from, path: paths.get(volume.name) ?? null });
  }
}

/** Told of as far as the pool shows it. A pool with snapshots has the copy at once. */
function copyVolume(volume: Volume, as: string, { incus, tell }: BackupContext): Promise<Volume> {
  const copy = () => incus.copyVolume(volume, { app: volume.app, volume: as });
  const free = async () => (await incus.poolSpace(volume.pool)).bytes.free;
  return volume.copies ? whileFilling({ what: volume.volume, free, tell }, copy) : copy();
}

/** The backup is whole; that the app did not come up again must be told all the same. */
async function comesUp(subject: BackupTarget, { folder }: Found, work: BackupContext): Promise<void> {
  try {
    await settleApp(subject, work);
  } catch (error) {
    const problem = problemOf(error);
    throw new ProblemError({
      ...problem,
      message: `the backup is whole (${folder}), but the app did not come up again: ${problem.message}`,
    });
  }
}

/** What runs that were killed have left in Incus; what a restore took out of an app stays. */
export async function removeLeftovers(
  { app, volumes }: Pick<BackupTarget, 'app' | 'volumes'>,
  { incus, secrets, say }: BackupContext,
): Promise<void> {
  await secrets.unstage();
  for (const volume of leftovers(app, volumes)) {
    say(`deleting ${volume.volume}, which a run that was ended has left`);
    await incus.removeVolume(volume);
  }
}

/** What a backup is made of. `end`: how the app was stopped for it. */
export type Content = {
  readonly volumes: readonly FrozenVolume[];
  readonly secrets: SecretValues;
  readonly end: Stopped;
};

/** Writes the archives, the secrets and `backup.json`. The folder has its name only when all of it is there. */
export async function archive(
  content: Content,
  { facts }: BackupTarget,
  time: Date,
  work: BackupContext,
): Promise<Found> {
  const draft = await BackupDraft.begin(work.root, idAt(time));
  try {
    const volumes: BackupVolume[] = [];
    for (const volume of content.volumes) volumes.push(await packVolume(volume, draft, work));
    const secrets = await writeSecrets(content.secrets, draft);
    const killed = content.end.forced;
    return await draft.finish({ version: 1, ...facts, time: time.toISOString(), killed, volumes, secrets });
  } catch (error) {
    await draft.discard();
    throw work.stop.aborted ? new Interrupted('interrupted; there is no new backup', work.stop) : error;
  }
}

async function packVolume(
  { name, from, path }: FrozenVolume,
  draft: BackupDraft,
  work: BackupContext,
): Promise<BackupVolume> {
  throwIfAborted(work);
  work.say(`packing ${name}`);
  const file = `${name}.tar.gz`;
  const found = { sha256: '', bytes: 0 };
  await work.incus.exportVolume(from, async (bytes) => {
    // How much it packs to is not known before.
    Object.assign(found, await draft.add(file, countBytes(bytes, name, null, work.tell), work.stop));
  });
  return { name, path, size: from.size, file, ...found };
}

async function writeSecrets(secrets: SecretValues, draft: BackupDraft): Promise<BackupSecret[]> {
  const parts: BackupSecret[] = [];
  for (const [name, value] of secrets) {
    // No volume's name has a dot: none has a file that is called so.
    const file = `${name}.secret`;
    parts.push({ name, file, ...(await draft.add(file, once(value))) });
  }
  return parts;
}
