import { LABEL } from '../../domain/labels.js';
import type { Incus, InstanceSpec } from '../../domain/services.js';
import { ProblemError } from '../../domain/problem.js';
import { withErrorContext, idempotent } from './attempt.js';
import type { RestClient } from './operations.js';
import { instanceUrl, stateOf, type Instance, type ManagedInstances } from './own.js';
import { waitForOperations } from './quiesce.js';
import { onceDown, ensure } from './reach.js';
import { hasImage } from './server.js';

type Calls =
  | 'instance'
  | 'create'
  | 'rename'
  | 'remove'
  | 'setConfig'
  | 'setProfiles'
  | 'setDevice'
  | 'setDevices'
  | 'removeDevice'
  | 'status';

/** What an instance is made of, and its name. */
export function instancesOf(rest: RestClient, own: ManagedInstances): Pick<Incus, Calls> {
  return {
    instance: (name) =>
      withErrorContext(`reading \`${name}\``, async () => {
        const { config, devices, profiles } = (await own.get(name)).instance;
        return { config, devices, profiles };
      }),

    create: ({ name, description, config, devices, profiles, image }) =>
      idempotent(`creating \`${name}\``, async () => {
        if (await isThere(name, rest, own)) return;
        const source = image === null ? { type: 'none' } : await imageSource(image, rest);
        const body = { name, description, config, devices, source, type: 'container' };
        const request = { body: profiles === null ? body : { ...body, profiles } };
        await ensure(rest.write('POST', '/1.0/instances', request), () => isThere(name, rest, own));
      }),

    // Marked before and after: cut short at any point, the instance is still ours, and calling again ends it.
    rename: (from, to) =>
      idempotent(`renaming \`${from}\` to \`${to}\``, async () => {
        if (!(await own.find(to))) {
          // Renamed while a stop still clears its devices away, it would leave forwarders under the old name.
          await own.get(from);
          await waitForOperations(from, rest);
          await own.patch(from, { config: { [LABEL.renamingTo]: to } });
          const renamed = onceDown(() => rest.write('POST', instanceUrl(from), { body: { name: to } }));
          await ensure(renamed, async () => (await own.find(to)) !== null);
        }
        await own.patch(to, { config: { [LABEL.app]: to, [LABEL.renamingTo]: '' } });
      }),

    remove: (name) => idempotent(`deleting \`${name}\``, () => remove(name, rest, own)),

    setConfig: (name, config) => setConfig(name, config, own),

    setProfiles: (name, profiles) =>
      idempotent(`setting the profiles of \`${name}\``, () => own.patch(name, { profiles })),

    setDevice: (name, device, value) => setDevices(name, { [device]: value }, own),

    setDevices: (name, devices) => setDevices(name, devices, own),

    // A PATCH cannot remove one.
    removeDevice: (name, device) =>
      idempotent(`removing the device \`${device}\` of \`${name}\``, async () => {
        const { instance, etag } = await own.get(name);
        if (isWithout(device, instance)) return;
        const kept = Object.entries(instance.devices).filter(([key]) => key !== device);
        const body = { ...instance, devices: Object.fromEntries(kept) };
        await ensure(rest.write('PUT', instanceUrl(name), { body, etag }), async () =>
          isWithout(device, (await own.get(name)).instance),
        );
      }),

    status: (name) =>
      withErrorContext(`looking at \`${name}\``, async () => stateOf((await own.get(name)).instance)),
  };
}

/** One that a killed run has left unfinished is listed as if it were whole; its unpacking may yet fail. */
async function isThere(name: string, rest: RestClient, own: ManagedInstances): Promise<boolean> {
  if (!(await own.find(name))) return false;
  await waitForOperations(name, rest);
  return (await own.find(name)) !== null;
}

async function remove(name: string, rest: RestClient, own: ManagedInstances): Promise<void> {
  if (!(await own.find(name))) return;
  // DELETE is not locked against a create that still runs.
  await waitForOperations(name, rest);
  await onceDown(() => rest.remove(instanceUrl(name)));
}

function isWithout(device: string, { devices }: Instance): boolean {
  return !Object.hasOwn(devices, device);
}

async function setConfig(
  name: string,
  config: Readonly<Record<string, string>>,
  own: ManagedInstances,
): Promise<void> {
  for (const part of withCpuLast(config))
    await idempotent(`configuring \`${name}\``, () => own.patch(name, { config: part }));
}

function setDevices(name: string, devices: InstanceSpec['devices'], own: ManagedInstances): Promise<void> {
  const names = Object.keys(devices).map((device) => `\`${device}\``);
  const what = `the device${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
  return idempotent(`setting ${what} of \`${name}\``, () => own.patch(name, { devices }));
}

/**
 * The number of CPUs on its own, after all else: the daemon deals CPUs out from its database, and does so before
 * it has saved what came along in the same request (7 of 16 times with `limits.memory` beside it, else never).
 */
function withCpuLast(config: Readonly<Record<string, string>>): Readonly<Record<string, string>>[] {
  const { 'limits.cpu': cpu, ...others } = config;
  if (cpu === undefined || Object.keys(others).length === 0) return [config];
  return [others, { 'limits.cpu': cpu }];
}

/** An unknown alias would end as "Image not provided for instance creation". */
async function imageSource(alias: string, rest: RestClient): Promise<object> {
  if (!(await hasImage(alias, rest))) {
    throw new ProblemError({
      code: 'image-missing',
      data: { image: alias },
      message: `Incus has no image \`${alias}\``,
      hint: `get it with: incus image copy images:${alias} local: --alias ${alias}`,
    });
  }
  return { type: 'image', alias };
}
