import type { Actual, ActualApp, Volume } from '../domain/actual.js';
import { formatBinding, isWildcard, overlaps } from '../domain/binding.js';
import type { DesiredApp } from '../domain/desired.js';
import type { AppName } from '../domain/names.js';
import type { Fields } from '../domain/saved-plan.js';
import { each, facetFields, listed } from './fields.js';

/** One app, and all that was seen. */
export type SeenApp = {
  readonly name: AppName;
  /** Null: the manifest has none of this name. */
  readonly app: DesiredApp | null;
  /** Null: there is no container. */
  readonly instance: ActualApp | null;
  /** The app of the manifest whose container it is; null: none's. */
  readonly owner: AppName | null;
  readonly actual: Actual;
};

/** The field that says which instance it is. */
export const INSTANCE = 'instance';

/** What the plan of one app goes by: its container, its volumes, and what could be in its way. */
export function machineFields(seen: SeenApp): Fields {
  const { app, instance } = seen;
  return {
    [INSTANCE]: instance && instance.name,
    ...volumeFields(seen),
    ...nameFields(seen),
    ...(instance ? { owner: seen.owner, ...instanceFields(instance) } : {}),
    ...(app ? { ...portFields(app, seen), ...orderFields(app, seen), ...making(app, seen) } : {}),
  };
}

/** Whether it is looked at because the manifest names it: such a field comes and goes with what the manifest says. */
export function isAsked(field: string): boolean {
  return /^(?:name|port|after|host)\./.test(field);
}

type Shown = ((there: ActualApp) => Fields) | null;

function instanceFields(there: ActualApp): Fields {
  return Object.assign({}, ...Object.values(SHOWN).map((shown) => shown?.(there) ?? {})) as Fields;
}

/** What an instance shows of itself; null: another row says it. */
const SHOWN = {
  name: null,
  renamingTo: ({ renamingTo }) => ({ becoming: renamingTo }),
  renamedFrom: ({ renamedFrom }) => ({ former: renamedFrom }),
  // As `power` has it.
  status: null,
  state: ({ state }) => ({ state }),
  applied: ({ applied }) => ({
    generation: applied && String(applied.generation),
    toplevel: applied && applied.toplevel,
    ...facetFields(applied?.facets ?? {}, 'applied.'),
  }),
  generations: ({ generations }) => each(generations, (one) => [`generation.${one.generation}`, json(one)]),
  rejected: ({ rejected }) => ({ rejected: rejected && json(rejected) }),
  hold: ({ hold }) => ({ hold: hold && json(hold) }),
  // What it has come to stands in `pets.lock`.
  attempt: null,
  // That data was copied meanwhile changes nothing.
  backup: null,
  // As `power` has it.
  restarts: null,
  unreadable: ({ unreadable }) => ({ unreadable: listed(unreadable) }),
  store: ({ store }) => ({ store }),
  exposures: ({ exposures }) => each(exposures, (one) => [`device.${one.device}`, json(one.value)]),
  attachments: ({ attachments }) => each(attachments, (one) => [`device.${one.device}`, json(one)]),
  devices: ({ devices }) => ({ devices: listed(devices.toSorted()) }),
  modifiedKeys: ({ modifiedKeys }) => ({ altered: listed(modifiedKeys) }),
  protections: ({ protections }) => ({
    protections: listed(protections.map((one) => `${one.against}:${one.by}`)),
  }),
  added: ({ added }) => ({
    ...each(added.config, (key) => [`added.${key}`, 'there']),
    ...each(Object.entries(added.devices), ([name, value]) => [`added.${name}`, json(value)]),
  }),
  facets: ({ facets }) => facetFields(facets),
} as const satisfies Readonly<Record<keyof ActualApp, Shown>>;

/** In one order: the daemon promises none. */
function json(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    const isTable = typeof part === 'object' && part !== null && !Array.isArray(part);
    return isTable ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part;
  });
}

/** Every name under which something of the app may stand. */
function namesOf({ name, app, instance }: SeenApp): ReadonlySet<string> {
  const all = [name, app?.was, instance?.name, instance?.renamingTo, instance?.renamedFrom];
  return new Set(all.filter((one) => one !== null && one !== undefined));
}

/** The volumes that are its own, or that it has attached. */
function volumeFields(seen: SeenApp): Fields {
  const names = namesOf(seen);
  const used = (one: Volume) => one.usedBy.some((user) => names.has(user));
  const own = seen.actual.volumes.filter((one) => names.has(one.app) || used(one));
  return each(own, (one) => [
    `volumes.${one.app}/${one.volume}`,
    json({ ...one, usedBy: one.usedBy.toSorted() }),
  ]);
}

/** What else bears one of its names, or is about to. */
function nameFields(seen: SeenApp): Fields {
  const { instance, actual } = seen;
  const others = actual.apps.filter((one) => one !== instance);
  return each([...namesOf(seen)], (name) => {
    const stranger = Object.hasOwn(actual.unmanaged, name) ? actual.unmanaged[name] : undefined;
    const other = others.find((one) => one.name === name || one.renamingTo === name);
    return [`name.${name}`, stranger ?? (other && `instance ${other.name}`) ?? null];
  });
}

/** Who holds what it is to listen on, and whether this host has the address. */
function portFields(app: DesiredApp, { instance, actual }: SeenApp): Fields {
  const ours = actual.apps.filter((one) => one !== instance);
  const inherited = Object.hasOwn(actual.inherited, app.name) ? (actual.inherited[app.name] ?? []) : [];
  return each([...app.exposures.map(({ binding }) => binding), ...inherited], (binding) => {
    const owners = actual.portOwners.filter((one) => overlaps(one.binding, binding)).map((one) => one.holder);
    const apps = ours.filter((one) => one.exposures.some((e) => e.binding && overlaps(e.binding, binding)));
    const address = binding.protocol === 'unix' || isWildcard(binding) ? null : binding.address;
    const isAway = address !== null && !address.startsWith('127.') && !actual.addresses.includes(address);
    const held = [...owners, ...apps.map(({ name }) => name), ...(isAway ? ['no address of this host'] : [])];
    return [`port.${formatBinding(binding)}`, listed(held)];
  });
}

/** Whether those run that it comes after. */
function orderFields({ after }: DesiredApp, { actual }: SeenApp): Fields {
  return each(after, (other) => [
    `after.${other}`,
    actual.apps.find(({ name }) => name === other)?.status ?? null,
  ]);
}

/** What only matters to a container that is made, or made anew. */
function making({ image, store }: DesiredApp, { instance, actual }: SeenApp): Fields {
  if (instance && (store === null || store === instance.store)) return {};
  const { sharedStoreBlocker, missingImages } = actual;
  return {
    'host.store': sharedStoreBlocker,
    'host.image': image !== null && missingImages.includes(image) ? 'missing' : null,
  };
}
