import type { Incus } from '../ports.js';
import { ProblemError } from '../problem.js';
import { said, write } from './attempt.js';
import { IncusError } from './http.js';
import type { Rest } from './operations.js';
import { at, type OwnInstances } from './own.js';

type Calls =
  | 'create'
  | 'rename'
  | 'remove'
  | 'setConfig'
  | 'setProfiles'
  | 'setDevice'
  | 'setDevices'
  | 'removeDevice'
  | 'status';

/** An image is unpacked in a second or two, in minutes on a busy disk. */
const END_LIMIT_MS = 300_000;

/** What an instance is made of, and its name. */
export function instancesOf(rest: Rest, own: OwnInstances): Pick<Incus, Calls> {
  return {
    create: ({ name, description, config, devices, profiles, image }) =>
      write(`creating \`${name}\``, async () => {
        if (await isThere(name, rest, own)) return;
        const source = image === null ? { type: 'none' } : await imageSource(image, rest);
        const body = { name, description, config, devices, source, type: 'container' };
        await rest.write('POST', '/1.0/instances', {
          body: profiles === null ? body : { ...body, profiles },
        });
      }),

    // Marked before and after: cut short at any point, the instance is still ours, and calling again ends it.
    rename: (from, to) =>
      write(`renaming \`${from}\` to \`${to}\``, async () => {
        if (!(await own.find(to))) {
          await own.patch(from, { config: { 'user.pets.becoming': to } });
          await rest.write('POST', at(from), { body: { name: to } });
        }
        await own.patch(to, { config: { 'user.pets.app': to, 'user.pets.becoming': '' } });
      }),

    remove: (name) =>
      write(`deleting \`${name}\``, async () => {
        if (!(await own.find(name))) return;
        // DELETE is not locked against a create that still runs.
        await quiesce(name, rest);
        await rest.write('DELETE', at(name));
      }),

    setConfig: (name, config) => write(`configuring \`${name}\``, () => own.patch(name, { config })),

    setProfiles: (name, profiles) =>
      write(`setting the profiles of \`${name}\``, () => own.patch(name, { profiles })),

    setDevice: (name, device, value) =>
      write(`setting the device \`${device}\` of \`${name}\``, () =>
        own.patch(name, { devices: { [device]: value } }),
      ),

    setDevices: (name, devices) =>
      write(`setting ${Object.keys(devices).join(', ')} of \`${name}\``, () => own.patch(name, { devices })),

    // A PATCH cannot remove one.
    removeDevice: (name, device) =>
      write(`removing the device \`${device}\` of \`${name}\``, async () => {
        const { instance, etag } = await own.get(name);
        if (!Object.hasOwn(instance.devices, device)) return;
        const kept = Object.entries(instance.devices).filter(([key]) => key !== device);
        const body = { ...instance, devices: Object.fromEntries(kept) };
        await rest.write('PUT', at(name), { body, etag });
      }),

    status: (name) => said(`looking at \`${name}\``, async () => (await own.get(name)).instance.status),
  };
}

/** One that a killed run has left unfinished is listed as if it were whole; its unpacking may yet fail. */
async function isThere(name: string, rest: Rest, own: OwnInstances): Promise<boolean> {
  if (!(await own.find(name))) return false;
  await quiesce(name, rest);
  return (await own.find(name)) !== null;
}

/** An unknown alias would end as "Image not provided for instance creation". */
async function imageSource(alias: string, rest: Rest): Promise<object> {
  if (!(await rest.get(`/1.0/images/aliases/${encodeURIComponent(alias)}`))) {
    throw new ProblemError({
      message: `Incus has no image \`${alias}\``,
      hint: `get it with: incus image copy images:${alias} local: --alias ${alias}`,
    });
  }
  return { type: 'image', alias };
}

type RunningOperation = {
  readonly id: string;
  readonly resources?: { readonly instances?: readonly string[] };
};

/** Lets what runs on the instance end. */
async function quiesce(name: string, rest: Rest): Promise<void> {
  const found = await rest.get('/1.0/operations?recursion=1');
  const { running = [] } = (found?.metadata ?? {}) as { running?: RunningOperation[] };
  const its = running.filter((op) => op.resources?.instances?.some((i) => i.endsWith(`/instances/${name}`)));
  for (const { id } of its) {
    // Whether it succeeded is not ours to judge: only that it has ended.
    await rest.wait(`/1.0/operations/${id}`, END_LIMIT_MS).catch((error: unknown) => {
      if (!(error instanceof IncusError)) throw error;
    });
  }
}
