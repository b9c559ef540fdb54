import type { Ports } from '../src/apply/job.js';
import { apply } from '../src/apply/apply.js';
import { instanceOf } from '../src/deliver/instance.js';
import { actualFrom } from '../src/incus/observe.js';
import { formatBinding } from '../src/listen.js';
import type { Actual, Binding, Desired, Outcome, Plan, StorePath, Volume } from '../src/model.js';
import type { Delivery, Incus, InstanceJson } from '../src/ports.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Instance = Writable<InstanceJson>;
const PROJECT = 'p';

/** A daemon and a host in memory that keep what they are told: instances as JSON, volumes, profiles. */
export class Machine {
  readonly #instances = new Map<string, Instance>();
  readonly #profiles = new Map<string, string>();
  #volumes: Volume[] = [];

  observed(): Actual {
    const instances = [...this.#instances.values()];
    const listening = instances.flatMap(({ devices, status }) =>
      status === 'Running'
        ? Object.values(devices).flatMap((device) => this.#open.get(device['listen'] ?? '') ?? [])
        : [],
    );
    return actualFrom({
      project: PROJECT,
      wanted: { ports: new Set(), sockets: new Set() },
      instances,
      volumes: this.#volumes,
      unshareable: null,
      missingImages: [],
      host: {
        listening: listening.map((binding) => ({ binding, inode: '0' })),
        holderOf: () => ({ words: 'nobody', isForwarder: false }),
        addresses: ['127.0.0.9', '::1'],
        profile: (app) => this.#profiles.get(app),
        made: (app, store) => instanceOf(PROJECT, app, store),
      },
    });
  }

  async carryOut(plan: Plan, desired: Desired): Promise<Outcome> {
    return apply({
      plan,
      desired,
      ports: this.#ports(),
      limits: { evaluate: 4, build: 4, incus: 4 },
      emit: () => undefined,
      stop: new AbortController().signal,
      failFast: false,
      locate: (problem) => problem,
    });
  }

  /** What listens for a proxy's address: a binding that was probed before. */
  readonly #open = new Map<string, Binding>();

  #there(name: string): Instance {
    const instance = this.#instances.get(name);
    if (!instance) throw new Error(`there is no ${name}`);
    return instance;
  }

  /** Incus takes an empty value for a key that is to go. */
  #setConfig(instance: Instance, config: Readonly<Record<string, string>>): void {
    const all = Object.entries({ ...instance.config, ...config });
    instance.config = Object.fromEntries(all.filter(([, value]) => value !== ''));
  }

  #setDevices(instance: Instance, devices: InstanceJson['devices']): void {
    instance.devices = devices;
    instance.expanded_devices = devices;
  }

  #ports(): Ports {
    const later = <T>(value: T) => Promise.resolve(value);
    const unused = () => Promise.reject(new Error('the executor has no use for this'));
    const incus: Incus = {
      create: ({ name, config, devices, profiles }) => {
        const json = { name, project: 'default', status: 'Stopped', type: 'container' };
        this.#instances.set(name, {
          ...json,
          config,
          devices,
          expanded_devices: devices,
          profiles: profiles ?? ['default'],
        });
        return later(undefined);
      },
      rename: (from, to) => {
        const instance = this.#there(from);
        this.#instances.delete(from);
        this.#instances.set(to, {
          ...instance,
          name: to,
          config: { ...instance.config, 'user.pets.app': to },
        });
        return later(undefined);
      },
      start: (name) => later(void (this.#there(name).status = 'Running')),
      unfreeze: (name) => later(void (this.#there(name).status = 'Running')),
      stop: (name) => later(void (this.#there(name).status = 'Stopped')),
      remove: (name) => later(void this.#instances.delete(name)),
      setConfig: (name, config) => {
        this.#setConfig(this.#there(name), config);
        return later(undefined);
      },
      setProfiles: (name, profiles) => later(void (this.#there(name).profiles = profiles)),
      setDevice: (name, device, value) => {
        const instance = this.#there(name);
        this.#setDevices(instance, { ...instance.devices, [device]: value });
        return later(undefined);
      },
      removeDevice: (name, device) => {
        const instance = this.#there(name);
        const left = Object.entries(instance.devices).filter(([key]) => key !== device);
        this.#setDevices(instance, Object.fromEntries(left));
        return later(undefined);
      },
      instance: (name) => later(this.#there(name)),
      snapshots: () => later([]),
      snapshotVolume: () => later(undefined),
      restoreVolume: () => later(undefined),
      removeSnapshot: () => later(undefined),
      volumes: () => later(this.#volumes),
      makeVolume: ({ app, volume }, size) => {
        this.#volumes.push({
          pool: 'default',
          name: `p.${app}.${volume}`,
          app,
          volume,
          size,
          copies: false,
          usedBy: [],
        });
        return later({ warning: null });
      },
      resizeVolume: (volume, size) => {
        this.#volumes = this.#volumes.map((v) => (v.name === volume.name ? { ...v, size } : v));
        return later({ warning: null });
      },
      markVolume: (volume, marks) => {
        this.#volumes = this.#volumes.map((v) => (v.name === volume.name ? { ...v, ...marks } : v));
        return later(undefined);
      },
      removeVolume: () => Promise.reject(new Error('no run deletes a volume')),
      ...{
        instances: unused,
        unshareable: unused,
        hasImage: unused,
        quiesce: unused,
        status: unused,
        consoleTail: unused,
        readLink: unused,
        readFile: unused,
        makeDirectory: unused,
        writeFile: unused,
        removeFile: unused,
        readDirectory: unused,
        writeLink: unused,
        exec: unused,
        setDevices: unused,
        copyVolume: unused,
        exportVolume: unused,
        importVolume: unused,
      },
    };
    const delivery = (store: 'shared' | 'copy'): Delivery => ({
      instance: (app) => instanceOf(PROJECT, app, store),
      seed: (app) => (store === 'shared' ? instanceOf(PROJECT, app, store) : { config: {}, devices: {} }),
      deliver: () => later(''),
      setProfile: (app, toplevel) => {
        if (store === 'shared') this.#profiles.set(app, toplevel);
        return later(1);
      },
      returnTo: (app, _, toplevel) => {
        if (store === 'shared') this.#profiles.set(app, toplevel);
        return later(undefined);
      },
      moveProfile: (from, to) => {
        const profile = this.#profiles.get(from);
        this.#profiles.delete(from);
        if (profile !== undefined) this.#profiles.set(to, profile);
        return later(undefined);
      },
      collect: () => later(''),
      dropProfile: (app) => later(void this.#profiles.delete(app)),
    });
    return {
      incus,
      deliveries: { shared: delivery('shared'), copy: delivery('copy') },
      nix: {
        lock: (url) => later({ locked: `${url}/${'1'.repeat(40)}`, narHash: 'sha256-x' }),
        evaluate: ({ name }) =>
          later({ drv: `/nix/store/${name}.drv` as StorePath, toplevel: `/nix/store/${name}` as StorePath }),
        build: () => later(undefined),
      },
      guest: {
        activate: () => later({ warnings: [] }),
        settle: () => later(undefined),
        check: () => later({ note: 'all is well' }),
        writeSecrets: () => later(undefined),
        ownSecrets: () => later(undefined),
        restartLoaders: () => later([]),
      },
      secrets: { value: () => later(new Uint8Array()), take: () => later(undefined) },
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

function proxied(binding: Binding): string {
  if (binding.protocol === 'unix') return '';
  return `${binding.protocol}:${formatBinding(binding).replace('/udp', '')}`;
}
