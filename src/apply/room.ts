import type { VolumeMount } from '../actions.js';
import { ProblemError } from '../problem.js';
import { formatSize } from '../size.js';
import { limitOf, type Job } from './job.js';

/** What a guest writes while it starts again must fit in as well, or the way back ends before it serves. */
const SPARE_BYTES = 16 * 1024 * 1024;

/**
 * Rejects where a pool that copies file by file has no room for a copy of what these volumes hold. What was found,
 * in words.
 */
export async function findRoom(job: Job, mounts: readonly VolumeMount[]): Promise<string> {
  const { app, ports } = job;
  const volumes = (await ports.incus.volumes()).filter((v) => v.app === app && v.copies);
  const needed = new Map<string, number>();
  const unknown: string[] = [];
  for (const { volume, path } of mounts) {
    const there = volumes.find((v) => v.volume === volume);
    if (!there) continue;
    const size = await ports.guest.sizeOf(app, path, limitOf(job));
    const bytes = 'bytes' in size ? size.bytes : 0;
    if ('unknown' in size) unknown.push(`how much is in ${volume} is not known: ${size.unknown}`);
    needed.set(there.pool, (needed.get(there.pool) ?? 0) + bytes);
  }
  for (const [pool, bytes] of needed) {
    const free = await ports.incus.freeBytes(pool);
    if (free < bytes + SPARE_BYTES) throw full(app, pool, bytes, free);
  }
  if (unknown.length > 0) return unknown.join(', ');
  return [...needed].map(([pool, bytes]) => `${formatSize(bytes)} to copy in ${pool}`).join(', ');
}

function full(app: string, pool: string, bytes: number, free: number): ProblemError {
  // A guest whose pool is full to the last byte cannot be asked: Incus keeps what a command prints on that pool.
  const size = bytes === 0 ? '' : ` of ${formatSize(bytes)}`;
  const copy = `a copy of what the volumes of \`${app}\` hold${size} does not fit`;
  const rest = `the storage pool \`${pool}\` has ${formatSize(free)} left`;
  const hint =
    'without it there is no way back for the data. `pets gc` removes old copies; `stateful = false` makes none';
  return new ProblemError({ message: `${copy}: ${rest}; nothing was interrupted`, hint });
}
