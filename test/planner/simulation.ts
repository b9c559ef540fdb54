import type { Action, SystemRef } from '../../src/domain/action.js';
import { overlaps } from '../../src/domain/binding.js';
import type { Actual, ActualApp, Volume } from '../../src/domain/actual.js';
import type { AppName, StorePath } from '../../src/domain/names.js';
import type { Desired, DesiredApp } from '../../src/domain/desired.js';
import type { Facet } from '../../src/domain/facet.js';
import type { Operation, Plan } from '../../src/domain/plan.js';
import type { StoreMode } from '../../src/domain/store-mode.js';
import {
  created,
  exposuresOf,
  IMAGE,
  instanceFrom,
  isMadeAs,
  secretOf,
  seen,
  type Instance,
} from './instance.js';
import { withFolders } from './cases.js';
import { actual, deviceOf, recordOf, toplevelOf } from './worlds.js';

type Do<K extends Action['kind']> = (name: AppName, action: Extract<Action, { kind: K }>) => void;

/** A machine that does what it is told, and refuses what Incus would refuse. */
export class Machine {
  readonly #instances: Map<AppName, Instance>;
  readonly #volumes: Volume[];
  /** The host's profiles, of apps with a shared store. */
  readonly #profiles = new Map<string, string>();
  #desired: Desired;
  readonly #built = new Set<string>();
  readonly #folders = new Set<string>();
  #roots = 0;
  /** App → the root disks it lost. */
  readonly lost: { readonly app: AppName; readonly root: number }[] = [];

  constructor({ apps, volumes }: Actual, desired: Desired) {
    this.#volumes = [...volumes];
    this.#desired = desired;
    this.#instances = new Map(
      apps.map((app) => {
        const toplevel = app.facets.system?.['toplevel'] ?? app.applied?.toplevel ?? '/nix/store/by-hand';
        if (app.store === 'shared') this.#profiles.set(app.name, toplevel);
        return [app.name, instanceFrom(app, this.#roots++, toplevel)];
      }),
    );
  }

  /** Somebody edits the manifest. */
  want(desired: Desired): void {
    this.#desired = desired;
    this.#built.clear();
  }

  observed(): Actual {
    const apps = [...this.#instances.values()].map((i) =>
      seen(i, this.#volumes, this.#profiles.get(i.app.name) ?? null),
    );
    return actual([], { apps, volumes: this.#volumes });
  }

  /** What the next run begins with. */
  now(): { readonly wanted: Desired; readonly there: Actual } {
    const wanted = withFolders(this.#desired, (path) => this.#folders.has(path));
    return { wanted, there: this.observed() };
  }

  app(name: AppName): ActualApp | undefined {
    return this.#instances.get(name)?.app;
  }

  /** Every volume by its name in Incus, which never changes. */
  volumes(): string[] {
    return this.#volumes.map((v) => v.name).sort();
  }

  /** Whose generations the host keeps. */
  profiles(): string[] {
    return [...this.#profiles.keys()];
  }

  roots(): number[] {
    return [...this.#instances.values()].map((i) => i.root).sort((a, b) => a - b);
  }

  /** Throws when the daemon would refuse, or the system would not come up. */
  carryOut({ app, action }: Operation): void {
    const perform = this.#does[action.kind] as (name: AppName, action: Action) => void;
    perform(app, action);
    this.#noPortTwice();
  }

  /** Begins it and gets no further: what takes several steps has done the first. */
  cutShort({ app, action }: Operation): void {
    if (action.kind === 'take-volumes')
      this.#does['take-volumes'](app, { ...action, names: action.names.slice(0, 1) });
    if (action.kind !== 'rename') return;
    this.#does.rename(app, action);
    this.#change(app, { renamedFrom: action.from });
  }

  readonly #does: { readonly [K in Action['kind']]: Do<K> } = {
    lock: () => undefined,
    evaluate: () => undefined,
    build: (name) => this.#built.add(name),
    rehearse: () => undefined,
    deliver: (name) => {
      this.#needsBuild(name);
      const it = this.#running(name);
      this.#set({ ...it, delivered: [...it.delivered, this.#target(name)] });
    },
    return: (name, { store, toplevel }) => {
      if (store === 'shared') this.#profiles.set(name, toplevel);
      else this.#set({ ...this.#there(name), profile: toplevel });
    },
    mark: (name, { state }) => {
      this.#change(name, { state });
    },
    room: (name) => {
      this.#running(name);
    },
    snapshot: (name) => {
      this.#stopped(name);
    },
    restore: (name) => {
      this.#stopped(name);
    },
    condemn: () => undefined,
    check: (name) => {
      this.#running(name);
    },
    'set-profile': (name, { store }) => {
      this.#setProfile(name, store);
    },
    'make-volume': (app, { volume, size }) => {
      if (this.#find(app, volume)) throw new Error(`${app} has a volume ${volume}`);
      const taken = this.#volumes.map((v) => v.name);
      const free = [1, 2, 3].map((n) => `homelab.${app}.${volume}${n === 1 ? '' : `-${n}`}`);
      const name = free.find((text) => !taken.includes(text)) ?? 'none';
      this.#volumes.push({ pool: 'default', name, app, volume, size, copies: false, usedBy: [] });
    },
    'resize-volume': (app, { volume, size }) => {
      this.#remark(this.#volume(app, volume), { size });
    },
    'take-volumes': (app, { names }) => {
      for (const volume of this.#volumes.filter((v) => names.includes(v.name) && v.app !== app)) {
        if (this.#find(app, volume.volume)) throw new Error(`two volumes ${volume.volume} of ${app}`);
        this.#remark(volume, { app });
      }
    },
    'make-folder': (_, { path }) => this.#folders.add(path),
    create: (name, { store }) => {
      if (this.#instances.has(name)) throw new Error(`${name} exists`);
      this.#set(created(this.#wanted(name), store, this.#roots++));
    },
    'begin-rename': (name, { from }) => {
      this.#change(from, { renamingTo: name, renamedFrom: null });
    },
    rename: (name, { from }) => {
      const it = this.#stopped(from);
      if (this.#instances.has(name)) throw new Error(`${name} exists`);
      this.#instances.delete(from);
      this.#set({ ...it, app: { ...it.app, name, renamingTo: null, renamedFrom: null } });
    },
    'move-profile': (name, { from, store }) => {
      const profile = this.#profiles.get(from);
      if (store === 'copy' || profile === undefined) return;
      if (this.#profiles.has(name)) throw new Error(`both ${from} and ${name} have a profile`);
      this.#profiles.delete(from);
      this.#profiles.set(name, profile);
    },
    repair: (name) => {
      const it = this.#stopped(name);
      this.#set({
        ...it,
        boots: 'profile',
        profileOf: name,
        app: { ...it.app, renamedFrom: null, modifiedKeys: [] },
      });
    },
    configure: (name, { config, profiles }) => {
      const it = this.#there(name);
      const entries = Object.entries({ ...it.config, ...config }).filter(([, value]) => value !== '');
      this.#set({ ...it, config: Object.fromEntries(entries), profiles: profiles ?? it.profiles });
    },
    attach: (name, { device, what }) => {
      if (what.kind === 'device') this.#plug(name, device, what.value);
      else this.#mount(name, { device, ...what });
    },
    detach: (name, { device }) => {
      this.#detach(name, device);
    },
    'take-secrets': () => undefined,
    'revert-secrets': (name, { secrets }) => {
      const it = this.#there(name);
      const applied = Object.entries(it.app.applied?.facets.secrets ?? {});
      const kept = Object.entries(it.secrets).filter(([field]) => !secrets.includes(secretOf(field)));
      const before = applied.filter(([field]) => secrets.includes(secretOf(field)));
      const unsure = it.unsure.filter((secret) => !secrets.includes(secret));
      this.#set({ ...it, secrets: Object.fromEntries([...kept, ...before]), unsure });
    },
    'push-secrets': (name, { put, remove }) => {
      const it = this.#there(name);
      if (it.app.status === 'Frozen') throw new Error(`${name} is frozen`);
      const wanted = this.#wanted(name).facets.secrets ?? {};
      const kept = Object.entries(it.secrets).filter(([field]) => !remove.includes(secretOf(field)));
      const written = Object.entries(wanted).filter(([field]) => put.includes(secretOf(field)));
      this.#set({ ...it, secrets: Object.fromEntries([...kept, ...written]), unsure: [...put, ...remove] });
    },
    'own-secrets': (name) => this.#running(name),
    'restart-units': (name, { secrets }) => {
      const it = this.#running(name);
      const kept = Object.entries(it.loaded).filter(([field]) => !secrets.includes(secretOf(field)));
      const loaded = Object.entries(it.secrets).filter(([field]) => secrets.includes(secretOf(field)));
      this.#set({ ...it, loaded: Object.fromEntries([...kept, ...loaded]) });
    },
    start: (name, { from }) => {
      this.#start(name, from);
    },
    activate: (name, { system }) => {
      const it = this.#running(name);
      const toplevel = this.#toplevel(name, system);
      if (this.#profileOf(it) !== toplevel) throw new Error('the profile is not set');
      this.#set({ ...it, runs: toplevel });
    },
    settle: (name, { system }) => {
      const it = this.#running(name);
      if (it.boots === 'image') throw new Error(`${name} boots the image's system`);
      if (it.runs !== this.#toplevel(name, system)) throw new Error(`${name} runs ${it.runs ?? 'nothing'}`);
    },
    expose: (name, { device, exposure }) => {
      const { app } = this.#running(name);
      this.#free(app, device);
      this.#change(name, { exposures: [...app.exposures, deviceOf(device, exposure)] });
    },
    unexpose: (name, { device }) => {
      const { exposures } = this.#there(name).app;
      if (!exposures.some((e) => e.device === device)) throw new Error(`${device} is not there`);
      this.#change(name, { exposures: exposures.filter((e) => e.device !== device) });
    },
    revive: () => undefined,
    record: (name, { facets, system, heldSecrets }) => {
      const secrets = this.#secretsBeside(name, heldSecrets);
      const all = { ...facets, ...(secrets && { secrets }) };
      const { app } = this.#there(name);
      const newest = Math.max(0, ...app.generations.map(({ generation }) => generation));
      const generation = system.kind === 'built' ? newest + 1 : system.generation;
      const applied = { v: 1, generation, toplevel: this.#toplevel(name, system), facets: all } as const;
      this.#set({ ...this.#there(name), unsure: [] });
      const { facets: seenFacets } = app;
      const older = app.generations.filter((other) => other.generation !== generation);
      const record = { ...recordOf(this.#wanted(name), app, generation), toplevel: applied.toplevel, facets };
      this.#change(name, {
        renamingTo: null,
        renamedFrom: null,
        state: 'ready',
        applied,
        generations: [record, ...older],
        rejected: null,
        hold: null,
        attempt: null,
        backup: null,
        restarts: [],
        unreadable: [],
        facets: { ...seenFacets, meta: facets.meta ?? {} },
      });
    },
    collect: (name, { store }) => {
      if (store === 'copy') this.#running(name);
    },
    stop: (_, { instance }) => {
      const it = this.#there(instance);
      if (it.app.status === 'Stopped') throw new Error(`${instance} is stopped`);
      this.#set({ ...it, runs: null, app: { ...it.app, status: 'Stopped' } });
    },
    delete: (name) => {
      const { root } = this.#stopped(name);
      this.#instances.delete(name);
      this.lost.push({ app: name, root });
    },
    'drop-profile': (name, { store }) => {
      if (store === 'shared') this.#profiles.delete(name);
    },
  };

  /** What is wanted, but for those that are held. */
  #secretsBeside(name: AppName, held: readonly string[]): Facet | undefined {
    const { secrets } = this.#wanted(name).facets;
    if (held.length === 0) return secrets;
    const had = this.#there(name).app.applied?.facets.secrets ?? {};
    return Object.fromEntries([
      ...Object.entries(secrets ?? {}).filter(([field]) => !held.includes(field)),
      ...Object.entries(had).filter(([field]) => held.includes(field)),
    ]);
  }

  #setProfile(name: AppName, store: StoreMode): void {
    this.#needsBuild(name);
    const target = this.#target(name);
    if (store === 'shared') {
      this.#profiles.set(name, target);
      return;
    }
    const it = this.#there(name);
    if (!it.delivered.includes(target)) throw new Error(`${target} was not delivered`);
    this.#set({ ...it, profile: target });
  }

  #start(name: AppName, from: 'Stopped' | 'Frozen'): void {
    const it = this.#there(name);
    if (it.app.status !== from) throw new Error(`${name} is ${it.app.status}, not ${from}`);
    const booted = it.boots === 'image' ? IMAGE : this.#profileOf(it);
    if (it.boots === 'profile' && it.app.modifiedKeys.length > 0) throw new Error(`${name} is altered`);
    if (booted === null) throw new Error(`${name} has nothing to boot`);
    for (const a of it.app.attachments) if (a.kind === 'volume') this.#volume(name, a.volume);
    const runs = from === 'Frozen' ? it.runs : booted;
    const loaded = from === 'Frozen' ? it.loaded : it.secrets;
    this.#set({ ...it, runs, loaded, app: { ...it.app, status: 'Running' } });
  }

  #profileOf({ store, profile, profileOf }: Instance): string | null {
    return store === 'copy' ? profile : (this.#profiles.get(profileOf) ?? null);
  }

  #plug(name: AppName, device: string, value: Readonly<Record<string, string>>): void {
    const it = this.#there(name);
    this.#set({ ...it, plugged: { ...it.plugged, [device]: value } });
  }

  #mount(name: AppName, what: ActualApp['attachments'][number]): void {
    const { app } = this.#stopped(name);
    const others = app.attachments.filter((a) => a.device !== what.device);
    if (others.some((a) => a.path === what.path)) throw new Error(`two devices at ${what.path}`);
    if (what.kind === 'volume') this.#volume(name, what.volume);
    if (app.exposures.some((e) => e.device === what.device)) throw new Error(`${what.device} is a proxy`);
    this.#change(name, { attachments: [...others, what] });
  }

  #detach(name: AppName, device: string): void {
    const it = this.#there(name);
    if (Object.hasOwn(it.plugged, device)) {
      const plugged = Object.entries(it.plugged).filter(([key]) => key !== device);
      this.#set({ ...it, plugged: Object.fromEntries(plugged) });
      return;
    }
    const { app } = it;
    // One that is gone is fine.
    if (!app.attachments.some((a) => a.device === device)) return;
    this.#stopped(name);
    this.#change(name, { attachments: app.attachments.filter((a) => a.device !== device) });
  }

  #free({ exposures, attachments }: ActualApp, device: string): void {
    if ([...exposures, ...attachments].some((d) => d.device === device))
      throw new Error(`${device} is there`);
  }

  #set(instance: Instance): void {
    this.#instances.set(instance.app.name, instance);
  }

  #change(name: AppName, change: Partial<ActualApp>): void {
    const it = this.#there(name);
    this.#set({ ...it, app: { ...it.app, ...change } });
  }

  #there(name: AppName): Instance {
    const it = this.#instances.get(name);
    if (!it) throw new Error(`${name} is not there`);
    return it;
  }

  #running(name: AppName): Instance {
    const it = this.#there(name);
    if (it.app.status !== 'Running') throw new Error(`${name} does not run`);
    return it;
  }

  #stopped(name: AppName): Instance {
    const it = this.#there(name);
    if (it.app.status !== 'Stopped') throw new Error(`${name} is not stopped`);
    return it;
  }

  #needsBuild(name: AppName): void {
    if (!this.#built.has(name)) throw new Error(`${name} was not built`);
  }

  #find(app: string, name: string): Volume | undefined {
    return this.#volumes.find((v) => v.app === app && v.volume === name);
  }

  #volume(app: string, name: string): Volume {
    const volume = this.#find(app, name);
    if (!volume) throw new Error(`${app} has no volume ${name}`);
    return volume;
  }

  #remark(volume: Volume, change: Partial<Volume>): void {
    this.#volumes[this.#volumes.indexOf(volume)] = { ...volume, ...change };
  }

  #wanted(name: AppName): DesiredApp {
    const wanted = this.#desired.apps.find((app) => app.name === name);
    if (!wanted) throw new Error(`${name} is not in the manifest`);
    return wanted;
  }

  #target(name: AppName): StorePath {
    return toplevelOf(this.#wanted(name).facets);
  }

  #toplevel(name: AppName, system: SystemRef): StorePath {
    return system.kind === 'built' ? this.#target(name) : system.toplevel;
  }

  #noPortTwice(): void {
    const live = [...this.#instances.values()].filter(({ app }) => app.status !== 'Stopped');
    const open = live.flatMap(({ app }) => app.exposures);
    for (const [i, a] of open.entries()) {
      const clash = open.slice(i + 1).find((b) => a.binding && b.binding && overlaps(a.binding, b.binding));
      if (clash)
        throw new Error(`${a.value['listen'] ?? ''} and ${clash.value['listen'] ?? ''} are open at once`);
    }
  }

  /** What of the manifest is not so, in words; nothing: all of it is. */
  faults(): string[] {
    return this.#desired.apps.flatMap((wanted) => {
      const it = this.#instances.get(wanted.name);
      if (!it) return [`${wanted.name} is not there`];
      const { app } = it;
      const exposures = exposuresOf({ exposures: wanted.exposures.map((e) => deviceOf('', e)) });
      return [
        ...(app.status === 'Running' ? [] : [`${wanted.name} is ${app.status}`]),
        ...(it.runs === this.#target(wanted.name) ? [] : [`${wanted.name} runs ${it.runs ?? 'nothing'}`]),
        ...(exposuresOf(app).join() === exposures.join()
          ? []
          : [`${wanted.name}: ${exposuresOf(app).join()}`]),
        ...(wanted.store === null || it.store === wanted.store
          ? []
          : [`${wanted.name} has a ${it.store} store`]),
        ...(isMadeAs(it, wanted) ? [] : [`${wanted.name}: ${JSON.stringify(it)}`]),
      ];
    });
  }
}

/**
 * One order in which an executor may carry the plan out where nothing fails: `pick` chooses among those that are free
 * to start. Of the way back nothing is needed then.
 */
export function orderOf({ operations }: Plan, pick: (count: number) => number): Operation[] {
  const ended = new Set<string>();
  const order: Operation[] = [];
  let waiting = operations.filter(({ phase }) => phase === 'forward');
  while (waiting.length > 0) {
    const free = waiting.filter((op) => [...op.needs, ...op.after].every((id) => ended.has(id)));
    const next = free[pick(free.length)];
    if (!next) throw new Error('a ring: nothing is free to start');
    ended.add(next.id);
    order.push(next);
    waiting = waiting.filter((op) => op !== next);
  }
  return order;
}
