import type { AppName } from './names.js';
import type { Volume } from './actual.js';
import type { Guest, Incus } from './services.js';
import { ProblemError } from './problem.js';
import { formatSize } from '../lib/format.js';
import type { Space } from '../lib/free-space.js';

/** What a guest writes while it starts again must fit in as well, or it is stopped and does not serve again. */
const SPARE_BYTES = 16 * 1024 * 1024;

const GIB = 2 ** 30;
/** A NixOS system is one or two GiB; a guest's disk little. */
const LITTLE_BYTES = 5 * GIB;
/** Of a small disk, which may never have had that much. */
const LITTLE_SHARE = 0.1;
const FEW_INODES = 0.05;

/** `3.1 of 50.0 GiB free` */
export function spaceWords({ bytes }: Space): string {
  const [free, total] = [bytes.free, bytes.total].map((n) => (n / GIB).toFixed(1));
  return `${free} of ${total} GiB free`;
}

/** What there is too little of, in words; null: of nothing. `margin`: so many times as much is still too little. */
export function shortageIn(space: Space, margin = 1): string | null {
  const { bytes, inodes } = space;
  // Some drivers of storage know no number.
  if (bytes.total === 0) return null;
  if (bytes.free < Math.min(LITTLE_BYTES, LITTLE_SHARE * bytes.total) * margin) return spaceWords(space);
  if (inodes === null || inodes.free >= FEW_INODES * margin * inodes.total) return null;
  return `${spaceWords(space)}, but only ${inodes.free} of ${inodes.total} inodes`;
}

/** A volume of a running app, and where it has it. */
export type Mounted = { readonly volume: Volume; readonly path: string };
type Ports = {
  readonly incus: Pick<Incus, 'poolSpace'>;
  readonly guest: Pick<Guest, 'sizeOf'>;
  readonly limitMs: number;
};

/**
 * For whoever is about to stop an app to copy its volumes. Rejects where a pool that copies file by file has no room
 * for that; what was found, in words.
 */
export async function findRoom(app: AppName, mounted: readonly Mounted[], ports: Ports): Promise<string> {
  const needed = new Map<string, number>();
  const unknown: string[] = [];
  for (const { volume, path } of mounted.filter((one) => one.volume.copies)) {
    const size = await ports.guest.sizeOf(app, path, ports.limitMs);
    const bytes = 'bytes' in size ? size.bytes : 0;
    if ('unknown' in size) unknown.push(`how much is in ${volume.volume} is not known: ${size.unknown}`);
    needed.set(volume.pool, (needed.get(volume.pool) ?? 0) + bytes);
  }
  for (const [pool, bytes] of needed) {
    const { free } = (await ports.incus.poolSpace(pool)).bytes;
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
    '`pets gc` removes copies that are not kept; with `stateful = false` an upgrade makes none, and has no way back for the data';
  return new ProblemError({
    code: 'disk-full',
    data: { pool, neededBytes: bytes, freeBytes: free },
    message: `${copy}: ${rest}; nothing was interrupted`,
    hint,
  });
}
