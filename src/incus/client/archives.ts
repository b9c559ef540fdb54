import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Volume } from '../../domain/actual.js';
import type { Incus } from '../../domain/services.js';
import type { Bytes } from '../../lib/program.js';
import { withErrorContext } from './attempt.js';
import { IncusError } from './http.js';
import type { RestClient } from './operations.js';
import { hasExtension } from './server.js';
import type { Transfer } from './transfer.js';
import { fromJson, type VolumeJson } from '../observe/volume-json.js';
import { volumeUrl, inPool, OwnVolumes } from './volumes.js';

type Calls = 'copyVolume' | 'exportVolume' | 'importVolume';

/** Copying and packing take as long as there is data. */
const DATA_MS = 24 * 3_600_000;

/** Volumes as copies and as archives. What is made here is made once: none of it is tried again. */
export function archivesOf(rest: RestClient, transfer: Transfer, project: string): Pick<Incus, Calls> {
  const volumes = new OwnVolumes(rest, project);
  const there = async (volume: Volume, of = volumes) => {
    const found = await of.find(volume, [volume]);
    if (found) return found.json;
    throw new IncusError(`there is no such volume in the pool \`${volume.pool}\``, 404);
  };
  return {
    copyVolume: (volume, marks, into = project) =>
      withErrorContext(`copying the volume \`${volume.name}\``, async () => {
        const { config } = await there(volume);
        const target = new OwnVolumes(rest, into);
        const { pool, name } = await target.place(marks, volume.pool);
        const body = copyOf(volume, name, { ...config, ...target.marks(marks) });
        await rest.write('POST', inPool(pool.name), { body }, DATA_MS);
        const copy = { ...volume, ...marks, name, pool: pool.name, usedBy: [] };
        const made = await there(copy, target);
        if (made.config['size'] !== config['size'])
          throw new IncusError(
            `the copy is there, but its size is not ${config['size'] ?? 'without a limit'}`,
            500,
          );
        return copy;
      }),

    exportVolume: (volume, take) =>
      withErrorContext(`exporting the volume \`${volume.name}\``, async () => {
        await there(volume);
        await exportVolume(volume, take, rest, transfer);
      }),

    importVolume: (archive, marks, wanted) =>
      withErrorContext(`importing the volume \`${marks.volume}\` of \`${marks.app}\``, async () => {
        const { pool, name } = await volumes.place(marks, wanted);
        const headers = { 'Content-Type': 'application/octet-stream', 'X-Incus-name': name };
        const answer = await transfer.upload(inPool(pool.name), headers, archive);
        await rest.ended(answer, DATA_MS);
        const path = volumeUrl({ pool: pool.name, name });
        // It has the description and the config of the one that was exported, marks and all.
        const body = { config: volumes.marks(marks), description: '' };
        await rest.write('PATCH', path, { body });
        const found = await rest.get(path);
        if (!found) throw new IncusError('it is gone again', 404);
        return fromJson(found.metadata as VolumeJson, pool);
      }),
  };
}

/** `take` gets the archive, once. */
async function exportVolume(
  volume: Volume,
  take: (archive: Bytes) => Promise<void>,
  rest: RestClient,
  transfer: Transfer,
): Promise<void> {
  const backups = `${volumeUrl(volume)}/backups`;
  // Without room on the host for a second copy, where the daemon can.
  if (await hasExtension('direct_backup', rest))
    return take(wholeGzip(await transfer.stream(backups, EXPORT)));
  const name = `pets-${Date.now()}`;
  // Should nobody be left to delete it.
  const expires_at = new Date(Date.now() + DATA_MS).toISOString();
  await rest.write('POST', backups, { body: { ...EXPORT, name, expires_at } }, DATA_MS);
  try {
    await take(await transfer.download(`${backups}/${name}/export`));
  } finally {
    await rest.remove(`${backups}/${name}`);
  }
}

/** `config`: the copy's, without what the daemon has noted of the original. */
function copyOf({ name, pool }: Volume, as: string, config: VolumeJson['config']): object {
  const kept = Object.entries(config).filter(([key]) => !key.startsWith('volatile.'));
  const source = { type: 'copy', name, pool, volume_only: true };
  return { name: as, content_type: 'filesystem', config: Object.fromEntries(kept), source };
}

/** `optimized_storage` is for pools of the same driver only. */
const EXPORT = { volume_only: true, optimized_storage: false, compression_algorithm: 'gzip' };

/** Passes an archive on and sees that it ends like one. Rejects where it does not, whatever was passed on. */
async function* wholeGzip(archive: Bytes): Bytes {
  const unpacking = createGunzip().resume();
  const end = finished(unpacking);
  // It is awaited below, or what comes first rejects.
  end.catch(() => undefined);
  try {
    for await (const chunk of archive) {
      if (!unpacking.write(chunk)) await Promise.race([once(unpacking, 'drain'), end]);
      yield chunk;
    }
    unpacking.end();
    await end;
  } catch (error) {
    throw new IncusError(`the archive breaks off: ${(error as Error).message}`, 502);
  } finally {
    unpacking.destroy();
  }
}
