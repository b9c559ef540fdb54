import type { Volume } from '../model.js';
import type { Incus } from '../ports.js';
import { said } from './attempt.js';
import { IncusError } from './http.js';
import type { Rest } from './operations.js';
import type { Transfer } from './transfer.js';
import { fromJson, type VolumeJson } from './volume-json.js';
import { at, inPool, OwnVolumes } from './volumes.js';

type Calls = 'copyVolume' | 'exportVolume' | 'importVolume';

/** Copying and packing take as long as there is data. */
const DATA_MS = 24 * 3_600_000;

/** Volumes as copies and as archives. What is made here is made once: none of it is tried again. */
export function archivesOf(rest: Rest, transfer: Transfer, project: string): Pick<Incus, Calls> {
  const volumes = new OwnVolumes(rest, project);
  const there = async (volume: Volume) => {
    const found = await volumes.find(volume, [volume]);
    if (found) return found.json;
    throw new IncusError(`there is no such volume in the pool \`${volume.pool}\``, 404);
  };
  return {
    copyVolume: (volume, marks) =>
      said(`copying the volume \`${volume.name}\``, async () => {
        const { config } = await there(volume);
        const { pool, name } = await volumes.place(marks, volume.pool);
        const body = copyOf(volume, name, { ...config, ...volumes.marks(marks) });
        await rest.write('POST', inPool(pool.name), { body }, DATA_MS);
        const copy = { ...volume, ...marks, name, pool: pool.name, usedBy: [] };
        await there(copy);
        return copy;
      }),

    exportVolume: (volume, take) =>
      said(`exporting the volume \`${volume.name}\``, async () => {
        await there(volume);
        const name = `pets-${Date.now()}`;
        const body = exportOf(name);
        await rest.write('POST', `${at(volume)}/backups`, { body }, DATA_MS);
        try {
          await take(await transfer.download(`${at(volume)}/backups/${name}/export`));
        } finally {
          await rest.write('DELETE', `${at(volume)}/backups/${name}`);
        }
      }),

    importVolume: (archive, marks, wanted) =>
      said(`importing the volume \`${marks.volume}\` of \`${marks.app}\``, async () => {
        const { pool, name } = await volumes.place(marks, wanted);
        const headers = { 'Content-Type': 'application/octet-stream', 'X-Incus-name': name };
        const answer = await transfer.upload(inPool(pool.name), headers, archive);
        await rest.ended(answer, DATA_MS);
        const path = at({ pool: pool.name, name });
        // It has the description and the config of the one that was exported, marks and all.
        const body = { config: volumes.marks(marks), description: '' };
        await rest.write('PATCH', path, { body });
        const found = await rest.get(path);
        if (!found) throw new IncusError('it is gone again', 404);
        return fromJson(found.metadata as VolumeJson, pool);
      }),
  };
}

/** `config`: the copy's, without what the daemon has noted of the original. */
function copyOf({ name, pool }: Volume, as: string, config: VolumeJson['config']): object {
  const kept = Object.entries(config).filter(([key]) => !key.startsWith('volatile.'));
  const source = { type: 'copy', name, pool, volume_only: true };
  return { name: as, content_type: 'filesystem', config: Object.fromEntries(kept), source };
}

function exportOf(name: string): object {
  return {
    name,
    volume_only: true,
    // That is for pools of the same driver only.
    optimized_storage: false,
    compression_algorithm: 'gzip',
    // Should nobody be left to delete it.
    expires_at: new Date(Date.now() + DATA_MS).toISOString(),
  };
}
