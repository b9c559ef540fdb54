import { stateOf, type Instance } from './own.js';
import { LABEL } from '../../domain/labels.js';
import type { Volume } from '../../domain/actual.js';
import type { Incus } from '../../domain/services.js';
import { withErrorContext, idempotent } from './attempt.js';
import { IncusError } from './http.js';
import type { RestClient } from './operations.js';
import { onceDown, refusalOf } from './reach.js';
import { userOf, type VolumeJson } from '../observe/volume-json.js';
import { volumeUrl, inPool, OwnVolumes } from './volumes.js';

type Calls = 'snapshots' | 'snapshotVolume' | 'restoreVolume' | 'removeSnapshot';

const ATTEMPTS = 3;
const FULL = 'is full';
/** A full disk that is copied file by file. */
const COPY_MS = 6 * 3_600_000;
/** Go's zero time: whatever expiry the volume's own snapshots have, this one has none. */
const NEVER = '0001-01-01T00:00:00Z';

/** Snapshots of the custom volumes that bear one project's marks. */
export function snapshotsOf(rest: RestClient, project: string): Pick<Incus, Calls> {
  const volumes = new OwnVolumes(rest, project);
  const list = async (volume: Volume) => {
    const found = await rest.get(`${volumeUrl(volume)}/snapshots?recursion=1`);
    const snapshots = (found?.metadata ?? []) as readonly Pick<VolumeJson, 'name' | 'created_at'>[];
    return snapshots
      .toSorted((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at))
      .map(({ name }) => name.slice(name.indexOf('/') + 1));
  };
  const get = async (volume: Volume) => {
    const found = await volumes.find(volume, [volume]);
    if (!found) throw new IncusError(`there is no such volume in the pool \`${volume.pool}\``, 404);
    return found.json;
  };
  const remove = async (volume: Volume, name: string) => {
    if ((await list(volume)).includes(name)) await rest.remove(snapshotAt(volume, name));
  };

  return {
    snapshots: (volume) =>
      withErrorContext(`listing the snapshots of the volume \`${volume.name}\``, () => list(volume)),

    snapshotVolume: (volume, name) =>
      idempotent(`making the snapshot \`${name}\` of the volume \`${volume.name}\``, async () => {
        await get(volume);
        for (let n = 1; ; n++) {
          await remove(volume, name);
          const refusal = await refusalOf(make(volume, name, rest));
          // An upgrade goes on with this as its only way back to the data: it is looked at, not believed.
          const isListed = (await list(volume)).includes(name);
          if (refusal === null && isListed) return;
          // Of one that is said to have failed nobody knows what it holds: it is made anew, or goes.
          if (isListed && n < ATTEMPTS) continue;
          await remove(volume, name);
          throw refusal ?? new IncusError('the daemon says that it was made, but it is not there', 500);
        }
      }),

    restoreVolume: (volume, snapshot) =>
      idempotent(`restoring the volume \`${volume.name}\` from its snapshot \`${snapshot}\``, async () => {
        await onceDown(async () => {
          await checkUnused(await get(volume), rest);
        });
        if (!(await list(volume)).includes(snapshot)) throw new IncusError('there is no such snapshot', 404);
        const first = await refusalOf(restore(volume, snapshot, rest));
        if (first === null) return;
        // What it holds now shows nowhere: it is restored once more, from the beginning, where that may help.
        if (!mayPass(first)) throw first;
        await restore(volume, snapshot, rest);
      }),

    removeSnapshot: (volume, name) =>
      idempotent(`deleting the snapshot \`${name}\` of the volume \`${volume.name}\``, async () => {
        if (await volumes.find(volume, [volume])) await remove(volume, name);
      }),
  };
}

function make(volume: Volume, name: string, rest: RestClient): Promise<unknown> {
  const body = { name, expires_at: NEVER };
  return inWords(volume, rest.write('POST', `${volumeUrl(volume)}/snapshots`, { body }, COPY_MS));
}

/** Incus itself refuses to restore a volume in use, but would empty it. */
async function checkUnused({ used_by }: VolumeJson, rest: RestClient): Promise<void> {
  for (const url of used_by.filter((user) => user.startsWith('/1.0/instances/'))) {
    const found = await rest.get(url);
    const status = found ? stateOf(found.metadata as Pick<Instance, 'status'>) : 'Stopped';
    if (status === 'Stopped') continue;
    throw new IncusError(
      `it is in use by \`${userOf(url)}\`, which is not stopped (${status}); nothing was touched`,
      400,
    );
  }
}

async function restore(volume: Volume, snapshot: string, rest: RestClient): Promise<void> {
  const empty = volume.copies ? await emptyVolume(volume, rest) : null;
  // Without config and description the daemon leaves them as they are. It answers when it is done.
  const options = { body: { restore: snapshot }, silenceMs: COPY_MS };
  try {
    if (empty !== null) await clear(volume, empty, rest);
    await inWords(volume, rest.write('PUT', volumeUrl(volume), options));
  } catch (error) {
    if (!(error instanceof IncusError)) throw error;
    const state = 'what the volume holds now is not whole, but the snapshot is: restore it again';
    throw new IncusError(`${error.message}; ${state}`, error.code);
  }
}

/**
 * Makes a volume equal to an empty one; the daemon has no other request to empty it. A plain folder is restored by
 * rsync, which leaves a file that has the size and the time of the snapshot's, whatever is in it (what was copied
 * from a Nix store always has the same time), and which needs space for a second copy of every file that it changes.
 */
async function clear({ pool, name }: Volume, empty: string, rest: RestClient): Promise<void> {
  const source = { type: 'copy', pool, name: empty, refresh: true, volume_only: true };
  await rest.write('POST', inPool(pool), { body: { name, source } }, COPY_MS);
  await rest.remove(volumeUrl({ pool, name: empty }));
}

/** The name of an empty volume beside the given one; it may be there from a restore that was cut short. */
async function emptyVolume({ pool, name: owner }: Volume, rest: RestClient): Promise<string> {
  const name = `${owner}.empty`;
  const found = await rest.get(volumeUrl({ pool, name }));
  if (found === null) {
    const body = { name, config: { [LABEL.emptyFor]: owner }, content_type: 'filesystem' };
    await rest.write('POST', inPool(pool), { body });
  } else if ((found.metadata as VolumeJson).config[LABEL.emptyFor] !== owner) {
    throw new IncusError(`there is a volume \`${name}\` that is not of pets; nothing was touched`, 409);
  }
  return name;
}

/** The daemon tells of a full pool with the command that it ran, and all that this said. */
async function inWords<T>({ pool }: Volume, copy: Promise<T>): Promise<T> {
  try {
    return await copy;
  } catch (error) {
    const isFull = error instanceof IncusError && error.message.includes('No space left on device');
    throw isFull ? new IncusError(`the storage pool \`${pool}\` ${FULL}`, error.code) : error;
  }
}

/** Neither what the daemon refuses to do, nor a pool without room, nor what takes hours. */
function mayPass(error: Error): boolean {
  return error instanceof IncusError && error.code >= 500 && !error.message.includes(FULL);
}

function snapshotAt(volume: Volume, name: string): string {
  return `${volumeUrl(volume)}/snapshots/${encodeURIComponent(name)}`;
}
