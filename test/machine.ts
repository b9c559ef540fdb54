import { createHash } from 'node:crypto';
import type { Services } from '../src/executor/job.js';
import { apply, type ApplyOptions } from '../src/executor/execute.js';
import { instanceOf } from '../src/stores/stores.js';
import { actualFrom } from '../src/incus/observe/observe.js';
import { formatBinding, type Binding } from '../src/domain/binding.js';
import type { Actual, Volume } from '../src/domain/actual.js';
import type { AppName, StorePath } from '../src/domain/names.js';
import type { Desired } from '../src/domain/desired.js';
import type { Outcome } from '../src/domain/outcome.js';
import type { Plan } from '../src/domain/plan.js';
import type { Guest, Incus, InstanceJson, StoreBackend } from '../src/domain/services.js';
import { FailedProgram } from '../src/domain/problem.js';
import { Disks } from './disks.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Profile = { current: number; newest: number; readonly all: Map<number, StorePath> };
/** `root`: its root disk, by a number that no other ever has. `runs`: the system that it runs. */
type Instance = Writable<InstanceJson> & {
  readonly root: number;
  runs: string | null;
  own: Profile;
  readonly secrets: Secrets;
};
/** Files, what was kept of them (null: that there was none), and what the system that runs has loaded. */
type Secrets = {
  readonly files: Map<string, string>;
  readonly kept: Map<string, string | null>;
  readonly loaded: Map<string, string>;
};
type Fault = 'start' | 'settle' | 'check';
type SecretCalls =
  'writeSecrets' | 'keepSecrets' | 'revertSecrets' | 'forgetSecrets' | 'ownSecrets' | 'restartLoaders';

const later = <T>(value: T) => Promise.resolve(value);
const unused = () => Promise.reject(new Error('the executor has no use for this'));

/** A daemon and a host in memory that keep what they are told: instances as JSON, volumes, profiles, systems. */
export class Machine {
  readonly #project: string;
  readonly #instances = new Map<string, Instance>();
  readonly #profiles = new Map<string, Profile>();
  readonly disks = new Disks();
  #roots = 0;
  /** Systems that do not work, and what it is that they do not get through. */
  readonly faulty = new Map<string, Fault>();

  constructor(project = 'p') {
    this.#project = project;
  }

  observed(): Actual {
    const instances = [...this.#instances.values()];
    const listening = instances.flatMap(({ devices, status }) =>
      status === 'Running'
        ? Object.values(devices).flatMap((device) => this.#open.get(device['listen'] ?? '') ?? [])
        : [],
    );
    return actualFrom({
      project: this.#project,
      wanted: { bindings: [] },
      inherited: {},
      instances,
      volumes: this.disks.volumes(),
      unshareable: null,
      missingImages: [],
      host: {
        listening: listening.map((binding) => ({ binding, inode: '0' })),
        holderOf: () => ({ words: 'nobody', isForwarder: false }),
        addresses: ['127.0.0.1', '127.0.0.9', '::1'],
        profile: (app) => currentOf(this.#profiles.get(app)),
        made: (app, store) => instanceOf(this.#project, app, store),
      },
    });
  }

  async carryOut(plan: Plan, desired: Desired, over: Partial<ApplyOptions> = {}): Promise<Outcome> {
    this.#desired = desired;
    return apply({
      plan,
      desired,
      ports: this.ports(),
      limits: { evaluate: 4, build: 4, rehearse: 1, incus: 4 },
      emit: () => undefined,
      stop: new AbortController().signal,
      failFast: false,
      locate: (problem) => problem,
      ...over,
    });
  }

  /** As the daemon shows it, with what only the guest knows. */
  instance(name: string): Readonly<Instance> | undefined {
    return this.#instances.get(name);
  }

  /** Somebody stops it, or its host goes down. */
  halt(name: string): void {
    this.#set(name, { status: 'Stopped', runs: null });
  }

  /** Whose secrets are asked for. */
  #desired: Desired = { project: '', apps: [] };

  /** What listens for a proxy's address: a binding that was probed before. */
  readonly #open = new Map<string, Binding>();

  #there(name: string): Instance {
    const instance = this.#instances.get(name);
    if (!instance) throw new Error(`there is no ${name}`);
    return instance;
  }

  /** What runs has its disks in use. */
  #unmounted(name: string, device: string): Instance {
    const instance = this.#there(name);
    if (instance.status === 'Running' && /^(volume|bind)-/.test(device) && instance.devices[device])
      throw new Error(`${device} of ${name} is in use`);
    return instance;
  }

  #set(name: string, change: Partial<Instance>): void {
    Object.assign(this.#there(name), change);
  }

  /** Incus takes an empty value for a key that is to go. */
  #setConfig(instance: Instance, config: Readonly<Record<string, string>>): void {
    const all = Object.entries({ ...instance.config, ...config });
    instance.config = Object.fromEntries(all.filter(([, value]) => value !== ''));
    instance.expanded_config = instance.config;
  }

  #setDevices(instance: Instance, devices: InstanceJson['devices']): void {
    instance.devices = devices;
    instance.expanded_devices = devices;
  }

  /** What its init is: the pet's profile, or with a store of its own and nothing said the image's system. */
  #booted(instance: Instance): string {
    const source = instance.devices['nix-profiles']?.['source'];
    if (source !== undefined) return currentOf(this.#profiles.get(source.split('/').at(-1) ?? '')) ?? 'none';
    return instance.config['raw.lxc'] === undefined ? 'image' : (currentOf(instance.own) ?? 'none');
  }

  #run(name: string, system: string): void {
    this.#set(name, { status: 'Running', runs: system });
    const { files, loaded } = this.#there(name).secrets;
    replace(loaded, files);
    this.disks.write(this.#mounted(name), system);
    this.#hold(system, 'start');
  }

  /** People use what runs: what they do ends up in its volumes. */
  use(name: string, text: string): void {
    this.disks.write(this.#mounted(name), text);
  }

  #mounted(name: string): string[] {
    return Object.values(this.#there(name).devices).flatMap(({ pool, source }) =>
      pool === undefined || source === undefined ? [] : [source],
    );
  }

  #hold(system: string | null, at: Fault): void {
    if (system === null || this.faulty.get(system) !== at) return;
    throw new FailedProgram({ code: 'health-failed', message: `${system} does not ${at}` }, []);
  }

  #settled(app: AppName, toplevel: string, at: Fault): void {
    const { runs, status } = this.#there(app);
    if (status !== 'Running' || runs !== toplevel)
      throw new FailedProgram(
        { code: 'boot-failed', message: `${app} runs ${String(runs)}, not ${toplevel}` },
        [],
      );
    this.#hold(runs, at);
  }

  #incus(): Incus {
    return {
      create: ({ name, config, devices, profiles }) => {
        if (this.#instances.has(name)) return later(undefined);
        const json = { name, project: 'default', status: 'Stopped' as const, type: 'container' };
        const [root, own] = [this.#roots++, { current: 0, newest: 0, all: new Map() }];
        const secrets = { files: new Map(), kept: new Map(), loaded: new Map() };
        this.#instances.set(name, {
          ...{
            ...json,
            root,
            runs: null,
            own,
            secrets,
            config,
            expanded_config: config,
            devices,
            expanded_devices: devices,
          },
          profiles: profiles ?? ['default'],
        });
        return later(undefined);
      },
      rename: (from, to) => {
        const instance = this.#there(from);
        this.#instances.delete(from);
        const config = { ...instance.config, 'user.pets.app': to };
        this.#instances.set(to, { ...instance, name: to, config });
        return later(undefined);
      },
      start: async (name) => {
        if (this.#there(name).status === 'Running') throw new Error(`${name} runs already`);
        this.#run(name, this.#booted(this.#there(name)));
        return later(undefined);
      },
      freeze: (name) => later(void (this.#there(name).status = 'Frozen')),
      unfreeze: (name) => later(void (this.#there(name).status = 'Running')),
      stop: (name) => {
        if (this.#instances.has(name)) this.halt(name);
        return later({ forced: null });
      },
      remove: (name) => later(void this.#instances.delete(name)),
      setConfig: async (name, config) => {
        this.#setConfig(this.#there(name), config);
        return later(undefined);
      },
      setProfiles: (name, profiles) => later(void (this.#there(name).profiles = profiles)),
      setDevice: async (name, device, value) => {
        const instance = this.#unmounted(name, device);
        this.#setDevices(instance, { ...instance.devices, [device]: value });
        return later(undefined);
      },
      removeDevice: async (name, device) => {
        const instance = this.#unmounted(name, device);
        const left = Object.entries(instance.devices).filter(([key]) => key !== device);
        this.#setDevices(instance, Object.fromEntries(left));
        return later(undefined);
      },
      instance: async (name) => later({ ...this.#there(name) }),
      ...this.disks.calls(this.#project, (volume) => this.#usersOf(volume)),
      ...{
        instances: () => later([...this.#instances.values()]),
        unshareable: unused,
        trySharing: unused,
        hasImage: unused,
        waitForOperations: unused,
        status: async (name) => later(this.#there(name).status),
      },
      ...{
        consoleTail: unused,
        readLink: unused,
        readFile: unused,
        makeDirectory: unused,
        writeLink: unused,
        ...{
          poolSpace: () => later({ bytes: { free: 2 ** 40, total: 2 ** 41 }, inodes: null }),
          poolsWith: () => later([]),
          setDevices: unused,
          exportVolume: unused,
          importVolume: unused,
        },
      },
      ...{
        readDirectory: unused,
        readBytes: unused,
        writeFile: unused,
        removeFile: unused,
        query: unused,
        feed: unused,
      },
      ...{ exec: unused, clearOutputs: () => Promise.resolve() },
    };
  }

  /** Instances that run with it. */
  #usersOf({ name }: Volume): string[] {
    const running = [...this.#instances.values()].filter(({ status }) => status === 'Running');
    return running.map((instance) => instance.name).filter((user) => this.#mounted(user).includes(name));
  }

  #store(store: 'shared' | 'copy'): StoreBackend {
    const profileOf = (app: string) => {
      if (store === 'copy') return this.#there(app).own;
      const profile = this.#profiles.get(app) ?? { current: 0, newest: 0, all: new Map<number, StorePath>() };
      this.#profiles.set(app, profile);
      return profile;
    };
    return {
      instance: (app) => instanceOf(this.#project, app, store),
      bootstrap: (app) =>
        store === 'shared' ? instanceOf(this.#project, app, store) : { config: {}, devices: {} },
      sendSystem: () => later(''),
      setProfile: async (app, toplevel, above) => {
        const profile = profileOf(app);
        if (currentOf(profile) === toplevel) return later(profile.current);
        profile.newest = Math.max(profile.newest, above) + 1;
        profile.current = profile.newest;
        profile.all.set(profile.current, toplevel);
        return later(profile.current);
      },
      activateGeneration: async (app, generation, toplevel) => {
        const profile = profileOf(app);
        profile.all.set(generation, toplevel);
        return later(void (profile.current = generation));
      },
      moveProfile: async (from, to) => {
        const profile = this.#profiles.get(from);
        this.#profiles.delete(from);
        if (profile !== undefined && store === 'shared') this.#profiles.set(to, profile);
        return later(undefined);
      },
      collect: async (app, keep) => {
        const { all, current } = profileOf(app);
        for (const generation of [...all.keys()])
          if (generation !== current && !keep.includes(generation)) all.delete(generation);
        return later('');
      },
      dropProfile: (app) => {
        if (store === 'shared') this.#profiles.delete(app);
        return later(undefined);
      },
    };
  }

  #guest(): Guest {
    return {
      activate: async (app, toplevel) => {
        if (this.#booted(this.#there(app)) !== toplevel) throw new Error('the profile is not set');
        this.#run(app, toplevel);
        return later({ warnings: [] });
      },
      settle: async (app, toplevel) => {
        this.#settled(app, toplevel, 'settle');
        return later({ warnings: [] });
      },
      // Of a system that nobody has found good: that would excuse its faults.
      takeBaseline: (app) => {
        const { runs, config } = this.#there(app);
        const { toplevel } = JSON.parse(config['user.pets.applied'] ?? '{}') as { toplevel?: string };
        if (runs !== toplevel) throw new Error(`a baseline is taken of ${runs ?? 'nothing'}`);
        return later(undefined);
      },
      check: async (app, toplevel) => {
        this.#settled(app, toplevel, 'check');
        return later({ note: 'all is well' });
      },
      sizeOf: () => later({ bytes: 0 }),
      ...this.#secretsOfGuests(),
    };
  }

  #secretsOfGuests(): Pick<Guest, SecretCalls> {
    return {
      writeSecrets: async (app, secrets, remove) => {
        const { files } = this.#there(app).secrets;
        for (const { name, value } of secrets) files.set(name, Buffer.from(value).toString());
        for (const name of remove) files.delete(name);
        return later(undefined);
      },
      keepSecrets: async (app, secrets, before) => {
        const { files, kept } = this.#there(app).secrets;
        for (const name of [...kept.keys()]) if (!before.includes(name)) kept.delete(name);
        for (const name of secrets) if (!before.includes(name)) kept.set(name, files.get(name) ?? null);
        return later(undefined);
      },
      revertSecrets: async (app, secrets) => {
        const { files, kept } = this.#there(app).secrets;
        for (const name of secrets) {
          const value = kept.get(name);
          if (value === null) files.delete(name);
          else if (value !== undefined) files.set(name, value);
        }
        return later(secrets.filter((name) => !kept.has(name)));
      },
      forgetSecrets: async (app, secrets) => {
        const { kept } = this.#there(app).secrets;
        for (const name of secrets ?? [...kept.keys()]) kept.delete(name);
        return later(undefined);
      },
      ownSecrets: () => later(undefined),
      restartLoaders: async (app, secrets) => {
        const { files, loaded } = this.#there(app).secrets;
        for (const name of secrets) {
          const value = files.get(name);
          if (value === undefined) loaded.delete(name);
          else loaded.set(name, value);
        }
        return later([]);
      },
    };
  }

  /** What stands for it in a manifest of the tests. */
  #valueOf(app: AppName, secret: string): Uint8Array {
    const facets = this.#desired.apps.find(({ name }) => name === app)?.facets;
    return Buffer.from(facets?.secrets?.[`secret.${secret}`] ?? '');
  }

  ports(): Services {
    const [incus, guest] = [this.#incus(), this.#guest()];
    const stores = { shared: this.#store('shared'), copy: this.#store('copy') };
    return {
      ...{ incus, stores, guest, twin: { incus, stores, guest } },
      nix: {
        lock: (url) => later({ locked: `${url}/${'1'.repeat(40)}`, narHash: 'sha256-x' }),
        evaluate: (app) => later({ drv: `/nix/store/${app.name}.drv` as StorePath, toplevel: systemOf(app) }),
        build: () => later(undefined),
      },
      secrets: {
        value: (app, secret) => later(this.#valueOf(app, secret)),
        take: () => later(undefined),
        hide: (text) => text,
      },
      host: {
        probe: (binding) => {
          const address = binding.protocol === 'unix' ? formatBinding(binding) : '';
          this.#open.set(address === '' ? proxied(binding) : address, binding);
          return later(null);
        },
        accepts: () => later(undefined),
        makeFolder: () => later(undefined),
      },
      lockFile: { add: () => later(undefined) },
      limitMs: 1000,
    };
  }
}

/** By what it is made of. */
export function systemOf({ name, facets }: Desired['apps'][number]): StorePath {
  const made = createHash('sha256').update(JSON.stringify(Object.values(facets.system ?? {})));
  // Nix' alphabet has no e.
  return `/nix/store/${made.digest('hex').slice(0, 32).replaceAll('e', 'z')}-${name}` as StorePath;
}

function replace(map: Map<string, string>, by: ReadonlyMap<string, string>): void {
  map.clear();
  for (const [key, value] of by) map.set(key, value);
}

function currentOf(profile: Profile | undefined): StorePath | undefined {
  return profile?.all.get(profile.current);
}

function proxied(binding: Binding): string {
  if (binding.protocol === 'unix') return '';
  return `${binding.protocol}:${formatBinding(binding).replace('/udp', '')}`;
}
