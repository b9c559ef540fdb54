import { expect } from '@jest/globals';
import { bindingOf, formatBinding, proxyListen } from '../../src/domain/binding.js';
import { parseInstanceState } from '../../src/domain/instance-state.js';
import type {
  Actual,
  ActualApp,
  Applied,
  Attachment,
  PortOwner,
  Exposure,
  Generation,
  Protection,
  Volume,
} from '../../src/domain/actual.js';
import type { AppName, StorePath } from '../../src/domain/names.js';
import type { Desired, DesiredApp, DesiredExposure } from '../../src/domain/desired.js';
import type { Facet, Facets } from '../../src/domain/facet.js';
import type { Plan } from '../../src/domain/plan.js';
import type { StoreMode } from '../../src/domain/store-mode.js';
import { withoutSecrets } from '../../src/facets/secrets.js';
import { planOf } from '../../src/planner/plan.js';
import { printPlan } from '../../src/planner/print.js';
import {
  at,
  bindingAt,
  fail,
  pairs,
  publishFacet,
  wanted,
  wordsOf,
  type Wanted,
  type Words,
} from './words.js';

export { at, wanted } from './words.js';

/**
 * A pet as the last run left it, by the same words, and then what happened to it:
 * `status=Stopped` `state=creating` `record=none` `top=/nix/store/by-hand` `forwarder=dead` `seen-ref=./x`
 * `altered=raw.lxc` `added=extra:/x,page:7000,environment.X` (a disk, a proxy, a config key of somebody else) `becoming=new-name` `former=old-name`, `devices=web:7700,web-2:7701` or `devices=none` where the proxies of the
 * main exposure are not what was applied, `mounts=none` or `mounts=data:/elsewhere` likewise for disks,
 * `kept=1,2`: generations that are recorded, the last one applied; `condemned=b`: this source failed before, with
 * `condemned-secrets=db:2` where these were others, `condemned=b@hand`: it was left by hand,
 * `hold=on` or `hold=2026-12-24:for_the_feast`: a person holds it; `touched=db`: secrets that a run without an end has touched,
 * `state=upgrading` or `state=restoring`; `seen-limits=memory:2GiB`, `seen-config=security.guestapi:true`,
 * `protect=delete` or `protect=start:profile`: what Incus refuses, and where that is said.
 */
export type Found = string;

export type World = {
  readonly want: readonly Wanted[];
  readonly have?: readonly Found[];
  /** Kept beside those of the pets above: `web/data` or `web/data:1GiB`. */
  readonly volumes?: readonly string[];
  readonly claims?: readonly PortOwner[];
  /** What new apps get from Incus' profiles: app → `9000`, `0.0.0.0:53/udp`. */
  readonly inherited?: Readonly<Record<string, readonly string[]>>;
  readonly strangers?: Actual['unmanaged'];
  readonly addresses?: readonly string[];
  readonly unshareable?: string;
  readonly missingImages?: readonly string[];
  readonly prune?: boolean;
  readonly recreate?: boolean;
  readonly retry?: boolean;
  readonly strict?: boolean;
  /** Selected apps. */
  readonly only?: readonly string[];
};

export function planned(world: World): Plan {
  const { want, prune = false, recreate = false, retry = false, strict = false, only } = world;
  const selected = only ? new Set(only.map(appName)) : null;
  return planOf(desired(want), actualOf(world), { prune, recreate, retry, strict, only: selected });
}

/** The machine that a world begins with. */
export function actualOf({
  have = [],
  volumes = [],
  claims,
  inherited,
  strangers,
  addresses,
  unshareable,
  missingImages,
}: World): Actual {
  const there = actual(have);
  return {
    ...there,
    volumes: [...there.volumes, ...volumes.map(keptVolume)],
    ...(claims && { portOwners: claims }),
    ...(inherited && { inherited: mapped(inherited) }),
    ...(strangers && { unmanaged: strangers }),
    ...(addresses && { addresses }),
    ...(unshareable !== undefined && { sharedStoreBlocker: unshareable }),
    ...(missingImages && { missingImages }),
  };
}

function mapped(inherited: Readonly<Record<string, readonly string[]>>): Actual['inherited'] {
  return Object.fromEntries(Object.entries(inherited).map(([app, places]) => [app, places.map(bindingAt)]));
}

/** The least that there is to an upgrade: an app that nothing is kept for and nobody reaches gets another system. */
export const UPGRADE: World = { want: ['web - source=b'], have: ['web - kept=1'] };

/** What `printPlan` says of that world. With a way back in one line it says no less than with one line for each step. */
export function shown(world: World): string {
  const plan = planned(world);
  const text = printPlan(plan);
  expect(unfolded(text)).toBe(printPlan(plan, { wayBack: 'spelled out' }));
  return text;
}

/** The text of a plan with its ways back spelled out, made from the text alone. */
export function unfolded(text: string): string {
  const line = /^\[(\d+)-\d+\] \?(\S+) (\S+) (back to generation \d+): (.+)$/gm;
  return text.replace(line, (_, first: string, due: string, app: string, cause: string, names: string) => {
    const steps = names.split(' ').map((step) => step.split('?'));
    return steps
      .map(([name = '', own = due], i) => {
        const vital = steps.slice(0, i).findLastIndex(([step = '']) => VITAL.test(step));
        const needs = vital === -1 ? '' : `#${Number(first) + vital} `;
        const edge = i === 0 || vital === i - 1 ? needs : `${needs}~${Number(first) + i - 1} `;
        const interrupts = name === 'stop' ? ' !container' : '';
        const words = `${OWN_CAUSES[name] ?? cause}${interrupts}`;
        return `[${Number(first) + i}] ${edge}?${own} ${app}/${name}~back, ${words}`;
      })
      .join('\n');
  });
}

/** What nothing is done without that comes later. */
const VITAL = /^(stop|snapshot|restore|return|attach|start)\b/;
const OWN_CAUSES: Readonly<Record<string, string>> = {
  condemn: 'it did not work',
  snapshot: 'nobody knows how long the new system has served',
};

/** What a person is told about the apps of that world. */
export function notes(world: World): string[] {
  return planned(world).apps.flatMap((app) => app.notes);
}

/** A golden text: without the indentation of its first line, and without the lines that the backticks stand on. */
export function golden(text: string): string {
  const lines = text.split('\n').slice(1, -1);
  const indent = /^ */.exec(lines[0] ?? '')?.[0].length ?? 0;
  return lines.map((line) => line.slice(indent)).join('\n');
}

export function desired(want: readonly Wanted[]): Desired {
  return { project: 'homelab', apps: want.map(wanted) };
}

export function actual(have: readonly Found[], over: Partial<Actual> = {}): Actual {
  const apps = over.apps ?? have.map(found);
  return {
    apps,
    volumes: have.flatMap((text) => volumesOf(wanted(text))),
    unmanaged: {},
    portOwners: [],
    inherited: {},
    addresses: ['127.0.0.1', '10.0.0.5'],
    sharedStoreBlocker: null,
    missingImages: [],
    twins: [],
    ...over,
  };
}

export function appName(text: string): AppName {
  return text as AppName;
}

export function claim(place: string, holder: string, live = true): PortOwner {
  return { binding: bindingAt(place), holder, live, passing: false };
}

/** The volumes that a run has made for an app. */
export function volumesOf({ name: app, volumes }: DesiredApp): Volume[] {
  return volumes.map(({ name: volume, size }) => ({
    pool: 'default',
    name: `homelab.${app}.${volume}`,
    app,
    volume,
    size,
    copies: false,
    usedBy: [app],
  }));
}

function keptVolume(text: string): Volume {
  const [, app = '', volume = '', size] =
    /^([^/]+)\/([^:]+)(?::(.+))?$/.exec(text) ?? fail(`what is ${text}?`);
  return {
    pool: 'default',
    name: `homelab.${app}.${volume}`,
    app,
    volume,
    size: size ?? null,
    copies: false,
    usedBy: [],
  };
}

export const NOTHING_ADDED: ActualApp['added'] = { config: [], devices: {} };

/** As a run leaves an app that went well: nothing is to be done about it. */
export function applied(app: DesiredApp): ActualApp {
  const toplevel = toplevelOf(app.facets);
  const store = app.store ?? 'shared';
  const exposures = numbered(app.exposures);
  const attachments = attachmentsOf(app);
  const whole: ActualApp = {
    name: app.name,
    renamingTo: null,
    renamedFrom: null,
    status: 'Running',
    state: 'ready',
    applied: { v: 1, generation: 1, toplevel, facets: app.facets },
    generations: [],
    rejected: null,
    hold: null,
    attempt: null,
    backup: null,
    restarts: [],
    unreadable: [],
    store,
    exposures,
    attachments,
    devices: [],
    modifiedKeys: [],
    protections: [],
    added: NOTHING_ADDED,
    facets: {
      system: systemSeen(store, toplevel),
      limits: app.facets.limits ?? {},
      container: app.facets.container ?? {},
      meta: app.facets.meta ?? {},
    },
  };
  return seenAs(whole, volumesOf(app));
}

/** In a store of the guest's own it is not for the host to see. */
export function systemSeen(store: StoreMode, toplevel: string | null): Facet {
  return store === 'shared' ? { toplevel } : {};
}

/** A system's store path, by what it is made of. */
export function toplevelOf({ system }: Facets): StorePath {
  return `/nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-${Object.values(system ?? {}).join('-')}` as StorePath;
}

/** A proxy device as a run makes it. */
export function deviceOf(device: string, { role, binding, connect, mode }: DesiredExposure): Exposure {
  const value = { type: 'proxy', listen: proxyListen(binding), connect, ...(mode === null ? {} : { mode }) };
  return { device, role, binding, connect, value };
}

function numbered(exposures: readonly DesiredExposure[]): Exposure[] {
  const web = exposures.filter(({ role }) => role === 'web').map((e) => deviceOf('web', e));
  const others = exposures.filter(({ role }) => role === 'publish');
  return [...web, ...others.map((e, i) => deviceOf(`publish-${i + 1}`, e))];
}

function attachmentsOf({ volumes, binds }: Pick<DesiredApp, 'volumes' | 'binds'>): Attachment[] {
  return [
    ...volumes.map(({ name, path }) => volumeAt(name, path)),
    ...binds.map(({ source, path, readOnly }, i): Attachment => {
      return { kind: 'bind', device: `bind-${i + 1}`, source: source.path, path, readOnly };
    }),
  ];
}

function volumeAt(volume: string, path: string): Attachment {
  return { kind: 'volume', device: `volume-${volume}`, volume, path };
}

/** With the facets that follow from the rest, in the words in which `facets/` has them. */
export function seenAs(app: ActualApp, volumes: readonly Volume[], forwarder?: string): ActualApp {
  const { exposures, attachments } = app;
  const before = app.applied?.facets ?? {};
  const main = exposures.filter((e) => e.role === 'web').map(mainListen);
  const published = publishFacet(exposures.map((e) => ({ ...e, mode: e.value['mode'] ?? null })));
  const exposure: Facet = {
    ...gone(before.exposure, 'publish.'),
    listen: main.length > 0 ? main.join(', ') : null,
    ...published,
    ...(forwarder === undefined ? {} : { forwarder }),
  };
  const storage: Facet = { ...gone(before.storage, ''), ...storageSeen(app, volumes) };
  const power = { state: app.status.toLowerCase() };
  const devices = [...exposures, ...attachments].map((d) => d.device);
  return { ...app, devices, facets: { ...app.facets, power, exposure, storage } };
}

function mainListen({ binding, connect, value }: Exposure): string {
  return binding ? formatBinding(binding) : `${value['listen'] ?? ''} to ${connect}`;
}

/** What was applied and is not there any more is known to be nothing. */
function gone(facet: Facet = {}, prefix: string): Facet {
  const fields = Object.keys(facet).filter((field) => field.startsWith(prefix));
  return Object.fromEntries(fields.map((field) => [field, null]));
}

function storageSeen({ name, attachments }: ActualApp, volumes: readonly Volume[]): Facet {
  const sizes = volumes.flatMap(({ app, volume, size }) =>
    app === name && size !== null ? [[`size.${volume}`, size]] : [],
  );
  const mounts = attachments.map((a) =>
    a.kind === 'volume'
      ? [`volume.${a.volume}`, a.path]
      : [`bind.${a.path}`, `${a.source}${a.readOnly ? ':ro' : ''}`],
  );
  return Object.fromEntries([...sizes, ...mounts]) as Facet;
}

/** A generation as it was recorded when the pet was whole. */
export function recordOf(app: DesiredApp, whole: ActualApp, generation: number): Generation {
  const { exposures, attachments } = whole;
  const disks = attachments.map((a) => [a.device, { type: 'disk', path: a.path }] as const);
  const proxies = exposures.map(({ device, value }) => [device, value] as const);
  const facets = withoutSecrets(app.facets);
  return {
    ...{ generation, at: '2026-01-02T03:04:05Z', toplevel: toplevelOf(app.facets), facets },
    secrets: app.facets.secrets ?? {},
    ...{ health: app.health, healthy: null, config: app.config, exposures, attachments },
    devices: { ...app.devices, ...Object.fromEntries([...disks, ...proxies]) },
    profiles: app.profiles ?? ['default'],
  };
}

function keptOf({ list }: Words, text: Found, whole: ActualApp): Pick<ActualApp, 'generations' | 'applied'> {
  const numbers = list('kept').map(Number);
  const generations = numbers.map((n) => recordOf(wanted(text), whole, n)).reverse();
  const last = numbers.at(-1);
  const { applied: record } = whole;
  return { generations, applied: record && { ...record, generation: last ?? record.generation } };
}

function secretsTried(words: string | undefined): Pick<Facets, 'secrets'> {
  const secrets = words === undefined ? undefined : wanted(`x - secrets=${words}`).facets.secrets;
  return secrets ? { secrets } : {};
}

function condemnedIn(words: Words, { facets }: DesiredApp): ActualApp['rejected'] {
  const { option } = words;
  const [source, hand] = option('condemned')?.split('@') ?? [];
  if (source === undefined) return null;
  return {
    at: '2026-01-02T03:04:05Z',
    facets: {
      ...{ ...facets, ...triedWith(words), ...secretsTried(option('condemned-secrets')) },
      system: { ...facets.system, source },
    },
    why: 'it broke',
    byHand: hand !== undefined,
  };
}

function heldAs(words: string | undefined): ActualApp['hold'] {
  if (words === undefined) return null;
  const [until = '', because] = words.split(':');
  return {
    at: '2026-01-02T03:04:05Z',
    until: until === 'on' ? null : `${until}T00:00+01:00`,
    because: because?.replaceAll('_', ' ') ?? null,
  };
}

/** `tried=web_81_limits=memory:2GiB`: what else was wanted when that failed, in the words of a wanted app. */
function triedWith({ option }: Words): Facets {
  const text = option('tried');
  return text === undefined ? {} : wanted(text.replaceAll('_', ' ')).facets;
}

export function found(text: Found): ActualApp {
  const words = wordsOf(text);
  const { option, list } = words;
  const whole = applied(wanted(text));
  const half = option('state') === 'creating';
  const { generations, applied: record } = keptOf(words, text, whole);
  const app: ActualApp = {
    ...whole,
    // As it is seen: one that has the name already is to become nothing.
    renamingTo: (option('becoming') === whole.name ? null : (option('becoming') ?? null)) as AppName | null,
    renamedFrom: (option('former') ?? null) as AppName | null,
    status: parseInstanceState(option('status') ?? 'Running'),
    state: (option('state') ?? 'ready') as ActualApp['state'],
    applied: half || option('record') === 'none' ? null : record,
    generations,
    rejected: condemnedIn(words, wanted(text)),
    hold: heldAs(option('hold')),
    exposures: option('devices') === undefined ? whole.exposures : proxiesIn(list('devices')),
    attachments: option('mounts') === undefined ? whole.attachments : mountsIn(list('mounts')),
    added: addedIn(list('added')),
    modifiedKeys: [...list('altered'), ...(option('former') === undefined ? [] : ofRename(whole.store))],
    protections: protectionsIn(list('protect')),
    facets: facetsSeen(words, whole, !half && option('record') !== 'none'),
  };
  return seenAs(app, volumesOf(wanted(text)), option('forwarder'));
}

/** What is altered of an instance that has its new name and does not know it yet. */
export function ofRename(store: StoreMode): string[] {
  return store === 'shared' ? ['user.pets.app', 'nix-profiles'] : ['user.pets.app'];
}

function protectionsIn(items: readonly string[]): Protection[] {
  return pairs(items).map(([against, by]) => ({
    against: against as Protection['against'],
    by: by === 'profile' ? 'profile' : 'instance',
  }));
}

function addedIn(items: readonly string[]): ActualApp['added'] {
  const devices = pairs(items.filter((item) => item.includes(':'))).map(([name, place]) => {
    const disk = { type: 'disk', source: '/srv/x', path: place };
    const proxy = { type: 'proxy', listen: `tcp:127.0.0.1:${place}`, connect: 'tcp:127.0.0.1:80' };
    return [name, place.startsWith('/') ? disk : proxy] as const;
  });
  return { config: items.filter((item) => !item.includes(':')), devices: Object.fromEntries(devices) };
}

function proxiesIn(items: readonly string[]): Exposure[] {
  const some = items.filter((item) => item !== 'none');
  return pairs(some).map(([device, listen]) => {
    const web = { role: 'web', connect: 'tcp:127.0.0.1:8080', mode: null } as const;
    return deviceOf(device, { ...web, binding: bindingOf(at(listen)) });
  });
}

function mountsIn(items: readonly string[]): Attachment[] {
  return pairs(items.filter((item) => item !== 'none')).map(([volume, path]) => volumeAt(volume, path));
}

function facetsSeen({ option, list }: Words, { facets, store }: ActualApp, isRecorded: boolean): Facets {
  const [top, ref] = [option('top'), option('seen-ref')];
  const config = pairs(list('seen-config')).map(([key, value]) => [`config.${key}`, value]);
  return {
    system: top === undefined ? (facets.system ?? {}) : systemSeen(store, top === 'none' ? null : top),
    limits: { ...facets.limits, ...Object.fromEntries(pairs(list('seen-limits'))) },
    // What was given to Incus as it is can only be told by the record.
    container: isRecorded ? { ...facets.container, ...(Object.fromEntries(config) as Facet) } : {},
    meta: ref === undefined ? (facets.meta ?? {}) : { 'flake-ref': ref },
    ...(list('touched').length > 0 && { secrets: touchedFacet(list('touched')) }),
  };
}

function touchedFacet(names: readonly string[]): Facet {
  return Object.fromEntries(names.map((name) => [`secret.${name}`, 'unfinished']));
}

/** The same pet with its record changed: what an older or a newer pets left there. */
export function rerecorded(app: ActualApp, change: (facets: Facets) => Facets): ActualApp {
  const record: Applied = app.applied ?? fail(`${app.name} has no record`);
  return { ...app, applied: { ...record, facets: change(record.facets) } };
}
