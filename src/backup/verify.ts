import { ProblemError } from '../domain/problem.js';
import { countBytes } from '../lib/progress.js';
import { contentsOf, differenceOf, type Contents } from './contents.js';
import { archiveOf, type Found } from './folder.js';
import { idAt, type BackupVolume } from './format.js';
import { stagingName } from './names.js';
import { removeLeftovers } from './take.js';
import { throwIfAborted, type BackupContext, type BackupTarget } from './subject.js';

/** Whose backup it is; the app itself may be gone. */
type Whose = Pick<BackupTarget, 'app' | 'volumes'>;

/**
 * Restores each volume of a backup into one made for it, and compares what is in it with the archive, file by file.
 * The app is not touched, and the volumes made for it are deleted again. Rejects with the first difference.
 */
export async function tryRestore(from: Found, subject: Whose, work: BackupContext): Promise<void> {
  await removeLeftovers(subject, work);
  for (const volume of from.backup.volumes) {
    throwIfAborted(work);
    await tryVolume(from, volume, subject, work);
  }
}

async function tryVolume(
  { folder }: Found,
  volume: BackupVolume,
  { app, volumes }: Whose,
  { incus, now, say, tell }: BackupContext,
): Promise<void> {
  const { name, bytes } = volume;
  say(`restoring ${name} to a volume of its own`);
  const marks = { app, volume: stagingName(name, 'tried', idAt(now())) };
  const pool = volumes.find((one) => one.volume === name)?.pool ?? null;
  const archive = () => countBytes(archiveOf(folder, volume), name, bytes, tell);
  const tried = await incus.importVolume(archive(), marks, pool);
  try {
    say(`comparing ${name}`);
    const backedUp = await contentsOf(archive());
    let restored: Contents = new Map();
    await incus.exportVolume(tried, async (restoredArchive) => {
      restored = await contentsOf(restoredArchive);
    });
    const difference = differenceOf(backedUp, restored);
    if (difference !== null) throw notTheSame(`${name}: ${difference}`);
  } finally {
    await incus.removeVolume(tried);
  }
}

function notTheSame(difference: string): ProblemError {
  return new ProblemError({
    code: 'backup-damaged',
    message: `what was restored is not what was backed up: ${difference}`,
    hint: 'take another with `pets backup`, and look at the disk that this one is on',
  });
}
