import { LABEL, printOwner } from '../../domain/labels.js';
import type { Volume } from '../../domain/actual.js';
import type { Incus, VolumeMade, VolumeMarks } from '../../domain/services.js';
import type { Amount } from '../../lib/free-space.js';
import { withErrorContext, idempotent } from './attempt.js';
import { IncusError } from './http.js';
import type { RestClient } from './operations.js';
import { instanceUrl } from './own.js';
import { ensure } from './reach.js';
import { defaultPool, poolsOf, type Pool } from './server.js';
import type { Sharing } from './sharing.js';
import { isMarked, onePerMarks, userOf, type VolumeJson } from '../observe/volume-json.js';

type Calls =
  'volumes' | 'poolSpace' | 'poolsWith' | 'makeVolume' | 'resizeVolume' | 'markVolume' | 'removeVolume';

type Used = { readonly used: number; readonly total: number };
type Resources = { readonly space?: Used; readonly inodes?: Used };

function left({ used, total }: Used): Amount {
  return { free: total - used, total };
}

/** The custom volumes that bear one project's marks. No write goes to any other. */
export function volumesOf(rest: RestClient, project: string, sharing: Sharing): Pick<Incus, Calls> {
  const volumes = new OwnVolumes(rest, project);
  return {
    volumes: () => withErrorContext('listing volumes', async () => (await volumes.list()).own),

    poolSpace: (pool) =>
      withErrorContext(`looking at the storage pool \`${pool}\``, async () => {
        const found = await rest.get(`/1.0/storage-pools/${encodeURIComponent(pool)}/resources`);
        const { space, inodes } = (found?.metadata ?? {}) as Resources;
        if (!space) throw new IncusError('it is not there', 404);
        return { bytes: left(space), inodes: inodes?.total ? left(inodes) : null };
      }),

    poolsWith: (instances) =>
      withErrorContext('listing storage pools', async () => {
        const pools = await poolsOf(rest);
        const urls = new Set(instances.map((name) => instanceUrl(name)));
        return pools
          .filter(({ used_by = [] }) => used_by.some((url) => urls.has(url)))
          .map(({ name }) => name);
      }),

    makeVolume: (marks, size) =>
      idempotent(`making the volume \`${marks.volume}\` of \`${marks.app}\``, async () => {
        const isShifted = (await sharing.unshareable()) === null;
        return volumes.make(marks, size, isShifted);
      }),

    resizeVolume: (volume, size) =>
      idempotent(`resizing the volume \`${volume.name}\``, async () => {
        await volumes.patch(volume, { size: size ?? '' });
        return warnOfSize(size, poolOf(volume, await poolsOf(rest)));
      }),

    markVolume: (volume, marks) =>
      idempotent(`marking the volume \`${volume.name}\``, () =>
        volumes.patch(volume, volumes.marks(marks), marks),
      ),

    removeVolume: (volume) =>
      idempotent(`deleting the volume \`${volume.name}\``, async () => {
        const found = await volumes.find(volume, [volume]);
        if (!found) return;
        const users = found.json.used_by.map((url) => `\`${userOf(url)}\``);
        if (users.length > 0) throw new IncusError(`it is in use by ${users.join(', ')}`, 400);
        await rest.remove(volumeUrl(volume));
      }),
  };
}

export class OwnVolumes {
  readonly #rest: RestClient;
  readonly #project: string;

  constructor(rest: RestClient, project: string) {
    this.#rest = rest;
    this.#project = project;
  }

  async list() {
    const pools = await poolsOf(this.#rest);
    const listed = await Promise.all(
      pools.map(async (pool) => {
        const found = await this.#rest.get(`${inPool(pool.name)}?recursion=1`);
        return ((found?.metadata ?? []) as readonly VolumeJson[]).map((json) => ({ pool, json }));
      }),
    );
    const all = listed.flat();
    const own = all.filter(({ json }) => json.config[LABEL.project] === this.#project && isMarked(json));
    return { pools, all, own: onePerMarks(own) };
  }

  /** A pool, the default one where none is named, and a name that nothing in it has yet. */
  async place({ app, volume }: VolumeMarks, pool: string | null = null) {
    const { pools, all } = await this.list();
    const into = pools.find(({ name }) => name === pool) ?? (await defaultPool(this.#rest, pools));
    const taken = new Set(all.filter((v) => v.pool.name === into.name).map(({ json }) => json.name));
    const [name = volume] = volume.split('.');
    return { pool: into, name: freeName(`${this.#project}.${app}.${name}`, taken) };
  }

  marks({ app, volume }: VolumeMarks): Readonly<Record<string, string>> {
    return { ...printOwner(this.#project, app), [LABEL.volume]: volume };
  }

  /** `isShifted`: files keep the guest's own ids on disk, so that any container can have the volume. */
  async make(marks: VolumeMarks, size: string | null, isShifted: boolean): Promise<VolumeMade> {
    const { pools, own } = await this.list();
    const isIt = (v: Volume) => v.app === marks.app && v.volume === marks.volume;
    const there = own.find(isIt);
    if (there) return warnOfSize(size, poolOf(there, pools));
    const { pool, name } = await this.place(marks);
    const config = {
      ...this.marks(marks),
      ...(size === null ? {} : { size }),
      ...(isShifted ? { 'security.shifted': 'true' } : {}),
    };
    const body = { name, config, content_type: 'filesystem' };
    await ensure(this.#rest.write('POST', inPool(pool.name), { body }), async () =>
      (await this.list()).own.some(isIt),
    );
    return warnOfSize(size, pool);
  }

  /** Null when it is gone; one with other marks than any of `accepted` is an IncusError. */
  async find(volume: Volume, accepted: readonly VolumeMarks[]) {
    const found = await this.#rest.get(volumeUrl(volume));
    if (!found) return null;
    const json = found.metadata as VolumeJson;
    const { [LABEL.project]: project, [LABEL.app]: app, [LABEL.volume]: name } = json.config;
    if (project !== this.#project || !accepted.some((m) => m.app === app && m.volume === name))
      throw new IncusError('it does not bear the marks of this project; it was not touched', 409);
    return { json, etag: found.etag ?? '' };
  }

  /** An empty value removes its key. Without its description a PATCH erases it. `marks`: as it will have them. */
  async patch(volume: Volume, config: Readonly<Record<string, string>>, marks: VolumeMarks = volume) {
    const found = await this.find(volume, [volume, marks]);
    if (!found) throw new IncusError(`there is no such volume in the pool \`${volume.pool}\``, 404);
    const body = { config, description: found.json.description };
    await ensure(this.#rest.write('PATCH', volumeUrl(volume), { body, etag: found.etag }), async () => {
      const now = (await this.find(volume, [volume, marks]))?.json.config;
      return now !== undefined && Object.entries(config).every(([key, value]) => (now[key] ?? '') === value);
    });
  }
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let n = 2; ; n++) if (!taken.has(`${name}-${n}`)) return `${name}-${n}`;
}

function poolOf({ pool }: Volume, pools: readonly Pool[]): Pool | undefined {
  return pools.find(({ name }) => name === pool);
}

/** Incus takes a size for a plain folder without a word, and enforces it only where project quotas are set up. */
function warnOfSize(size: string | null, pool: Pool | undefined): VolumeMade {
  const isEnforced = size === null || pool?.driver !== 'dir';
  if (isEnforced) return { warning: null };
  return {
    warning: `the storage pool \`${pool.name}\` is a plain folder (driver dir): nothing enforces the size ${size}, unless its file system has project quotas`,
  };
}

export function inPool(pool: string): string {
  return `/1.0/storage-pools/${encodeURIComponent(pool)}/volumes/custom`;
}

export function volumeUrl({ pool, name }: Pick<Volume, 'pool' | 'name'>): string {
  return `${inPool(pool)}/${encodeURIComponent(name)}`;
}
