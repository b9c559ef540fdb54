import { LABEL, printOwner } from '../../domain/labels.js';
import type { InstanceJson } from '../../domain/services.js';
import { idempotent } from './attempt.js';
import { IncusError, sender } from './http.js';
import { RestClient } from './operations.js';
import { instanceUrl, has, type Change, type Instance } from './own.js';
import { ensure } from './reach.js';
import { volumeUrl as volumeAt, inPool } from './volumes.js';
import { poolsOf } from './server.js';
import type { VolumeJson } from '../observe/volume-json.js';

type Config = Readonly<Record<string, string>>;

/** Gives an instance and its volumes to a project. They are written to only as long as `from` has them. */
export type HandOver = {
  /** Marks the instance: whoever finds it half handed over knows whose it was to become. */
  begin(marks: Config): Promise<void>;
  /** Volumes of its that have been handed over already are fine. */
  volumes(): Promise<void>;
  /** Config, devices, and the marks: it is the project's from here on. */
  instance(change: Required<Pick<Change, 'config' | 'devices'>>): Promise<void>;
};

type Way = { readonly name: string; readonly from: string | null; readonly to: string };

/** `from`: the project whose marks it bears, null: none's. */
export function handOver(socket: string, { name, from, to }: Way): HandOver {
  const rest = new RestClient(sender(socket));
  const patch = async (change: Change) => {
    const found = await rest.get(instanceUrl(name));
    const instance = found?.metadata as Instance | undefined;
    if (!instance) throw new IncusError(`there is no instance \`${name}\``, 404);
    const owner = instance.config[LABEL.project] ?? null;
    // The last write is done, and only its answer was lost.
    if (owner === to) return;
    if (owner !== from)
      throw new IncusError(`somebody else has marked it meanwhile; it was not touched`, 409);
    const description = change.devices ? `pets: ${to}/${name}` : instance.description;
    const request = { body: { ...change, description }, etag: found?.etag ?? '' };
    await ensure(rest.write('PATCH', instanceUrl(name), request), async () => {
      const now = (await rest.get(instanceUrl(name)))?.metadata as Instance | undefined;
      return now !== undefined && has(now, change);
    });
  };
  return {
    begin: (marks) =>
      idempotent(`marking \`${name}\``, () => patch({ config: { ...marks, [LABEL.adopting]: to } })),
    volumes: () =>
      idempotent(`handing over the volumes of \`${name}\``, () => markVolumes(rest, { name, from, to })),
    instance: ({ config, devices }) =>
      idempotent(`handing over \`${name}\``, async () => {
        const marks = { ...printOwner(to, name), [LABEL.adopting]: '' };
        await patch({ config: { ...config, ...marks }, devices });
      }),
  };
}

async function markVolumes(rest: RestClient, { name, from, to }: Way): Promise<void> {
  if (from === null) return;
  for (const pool of await poolsOf(rest)) {
    const listed = await rest.get(`${inPool(pool.name)}?recursion=1`);
    const all = (listed?.metadata ?? []) as readonly VolumeJson[];
    const own = all.filter(({ config }) => config[LABEL.project] === from && config[LABEL.app] === name);
    for (const volume of own) {
      const url = volumeAt({ pool: pool.name, name: volume.name });
      const found = await rest.get(url);
      const { description } = (found?.metadata ?? volume) as VolumeJson;
      const body = { config: { [LABEL.project]: to }, description };
      await ensure(rest.write('PATCH', url, { body, etag: found?.etag ?? '' }), async () => {
        const now = (await rest.get(url))?.metadata as VolumeJson | undefined;
        return now?.config[LABEL.project] === to;
      });
    }
  }
}

/** Why an instance cannot be a pet, in words; null: it can. */
export function unfit({ type, config, expanded_devices }: InstanceJson): string | null {
  if (type !== 'container') return 'is a virtual machine';
  const isOurs = config[LABEL.project] !== undefined;
  const shown = Object.entries(expanded_devices).find(
    ([, { type: kind, path }]) => kind === 'disk' && (path === '/nix' || path === '/nix/store'),
  );
  if (shown && !isOurs) return `has the host's store mounted (its device \`${shown[0]}\`)`;
  return null;
}
