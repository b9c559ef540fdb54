import { socketsOf } from '../../domain/binding.js';
import { holdIn } from '../../domain/hold.js';
import { backupRecordIn } from '../../domain/backup-record.js';
import { restartsIn } from '../../domain/restarts.js';
import { attemptIn } from '../../domain/update.js';
import { DEPLOYED, INCUS_PET, LABEL, parsePetState } from '../../domain/labels.js';
import { parseApplied, parseCondemned, unreadableIn } from '../../domain/records.js';
import type { Actual, ActualApp, Volume, Protection } from '../../domain/actual.js';
import { isAppName, type AppName } from '../../domain/names.js';
import { twinIn } from '../../domain/twin.js';
import { storeIn } from '../../domain/store-mode.js';
import type { InstanceJson, InstanceSpec } from '../../domain/services.js';
import { seenFacets } from '../../facets/index.js';
import { claimsOn, type Wanted } from './claims.js';
import { attachmentsOf, exposuresOf, isAttachment, isExposure } from './devices.js';
import { INCUS_PROJECT, isPet } from '../client/own.js';
import { generationsOf } from './record.js';
import type { HostView } from './sockets.js';
import { protectionKey } from '../../domain/protection.js';

export type Seen = {
  readonly project: string;
  /** What the manifest wants to listen on: who else holds it is told, and of nothing else. */
  readonly wanted: Wanted;
  readonly inherited: Actual['inherited'];
  readonly instances: readonly InstanceJson[];
  readonly volumes: readonly Volume[];
  /** As in `Actual`. */
  readonly unshareable: string | null;
  readonly missingImages: readonly string[];
  readonly host: HostView;
};

/** The daemon's lists and the host's view as `Actual`. */
export function actualFrom(seen: Seen): Actual {
  const { project, wanted, inherited, instances, volumes, unshareable, missingImages, host } = seen;
  const here = instances.filter((i) => i.project === INCUS_PROJECT);
  // Incus copies the marks with the instance: a copy, or one that was renamed by hand, is not the pet.
  const ours = here.filter((i) => isPet(project, i.name, i.config));
  const open = new Set(host.listening.flatMap((socket) => socketsOf(socket.binding)));
  return {
    apps: ours.map((i) => actualApp(i, volumes, open, host)),
    volumes,
    unmanaged: Object.fromEntries(here.filter((i) => !ours.includes(i)).map((i) => [i.name, ownerOf(i)])),
    portOwners: claimsOn(withInherited(wanted, inherited), instances, ours, host),
    inherited,
    addresses: host.addresses,
    sharedStoreBlocker: unshareable,
    missingImages,
    twins: here.flatMap(({ config }) => twinIn(config, project) ?? []),
  };
}

function withInherited({ bindings }: Wanted, inherited: Actual['inherited']): Wanted {
  return { bindings: [...bindings, ...Object.values(inherited).flat()] };
}

export const MADE_BY_DEPLOY = 'was made by `pets deploy`';
export const MADE_BY_INCUS_PET = 'was made by incus-pet';

function ownerOf({ name, config }: InstanceJson): string {
  const project = config[LABEL.project];
  const app = config[LABEL.app];
  if (config[LABEL.adopting] !== undefined && config[LABEL.adopting] !== project)
    return `was about to be adopted by the pets project \`${config[LABEL.adopting]}\`, and that was cut short`;
  if (project !== undefined && app !== name)
    return `is a copy of the pet \`${app ?? ''}\` of project \`${project}\``;
  if (project === DEPLOYED) return MADE_BY_DEPLOY;
  if (project !== undefined) return `belongs to the pets project \`${project}\``;
  if (config[INCUS_PET.flakeRef] !== undefined) return MADE_BY_INCUS_PET;
  return 'does not bear any mark of pets';
}

function actualApp(
  instance: InstanceJson,
  volumes: readonly Volume[],
  open: ReadonlySet<string>,
  host: HostView,
): ActualApp {
  const { name, config, devices, status } = instance;
  const store = storeIn(devices);
  const applied = parseApplied(config[LABEL.applied]);
  const exposures = exposuresOf(instance);
  const attachments = attachmentsOf(instance, volumes);
  return {
    name: name as AppName,
    renamingTo: otherName(config[LABEL.renamingTo], name),
    renamedFrom: otherName(config[LABEL.app], name),
    status,
    state: parsePetState(config),
    applied,
    generations: generationsOf(config, volumes),
    rejected: parseCondemned(config[LABEL.rejected]),
    hold: holdIn(config, Date.now()),
    attempt: attemptIn(config),
    backup: backupRecordIn(config),
    restarts: restartsIn(config),
    unreadable: unreadableIn(config),
    store,
    exposures,
    attachments,
    devices: Object.keys(devices),
    modifiedKeys: alteredIn(instance, host.made(name, store)),
    protections: protectionsOf(instance),
    added: addedTo(instance, host.made(name, store)),
    facets: seenFacets({
      ...{ instance, applied, store, exposures, attachments, volumes, open },
      profile: host.profile(name),
    }),
  };
}

/** Paths are made of it: what is no name of an app is none. */
function otherName(marked: string | undefined, name: string): AppName | null {
  return marked !== undefined && marked !== name && isAppName(marked) ? marked : null;
}

function alteredIn(instance: InstanceJson, made: Pick<InstanceSpec, 'config' | 'devices'>): string[] {
  // A rename whose last step is missing: the next write to the instance ends it.
  const name = { [LABEL.app]: instance.name };
  const keys = Object.entries({ ...made.config, ...name }).filter(
    ([key, value]) => instance.config[key] !== value,
  );
  const devices = Object.entries(made.devices).filter(([device, value]) => {
    const there = instance.devices[device] ?? {};
    return Object.entries(value).some(([key, text]) => there[key] !== text);
  });
  return [...keys, ...devices].map(([key]) => key);
}

/** Incus takes all of these for yes. */
const YES = /^(?:true|1|yes|on)$/i;

/** What Incus will refuse to do with it, once it is asked. */
function protectionsOf({ config, expanded_config }: ConfigOf): Protection[] {
  return (['delete', 'start'] as const).flatMap((against): Protection[] => {
    const key = protectionKey(against);
    if (!YES.test(expanded_config[key] ?? '')) return [];
    return [{ against, by: Object.hasOwn(config, key) ? 'instance' : 'profile' }];
  });
}

type ConfigOf = Pick<InstanceJson, 'config' | 'expanded_config'>;

/** What reaches the guest's environment, or LXC and the kernel past Incus. */
const LOOKED_AT = /^(?:environment|raw)\./;

/**
 * What is on a pet and is none of what pets gives its containers: disks other than the root disk, proxies, and config of
 * these two kinds. What the manifest gives to Incus as it is is among it, as only the manifest knows that.
 */
export function addedTo(
  { config, devices }: InstanceJson,
  made: Pick<InstanceSpec, 'config' | 'devices'>,
): ActualApp['added'] {
  const others = Object.entries(devices).filter(
    ([name, value]) =>
      (value['type'] === 'proxy' || (value['type'] === 'disk' && value['path'] !== '/')) &&
      !Object.hasOwn(made.devices, name) &&
      !isExposure(name, value) &&
      !isAttachment(name, value),
  );
  return {
    config: Object.keys(config).filter((key) => LOOKED_AT.test(key) && !Object.hasOwn(made.config, key)),
    devices: Object.fromEntries(others),
  };
}
