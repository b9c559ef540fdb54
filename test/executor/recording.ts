import { type ApplyOptions, apply, type Limits } from '../../src/executor/execute.js';
import type { Services } from '../../src/executor/job.js';
import { DEFAULT_GRACE_MS } from '../../src/domain/stop-timeout.js';
import { formatBinding } from '../../src/domain/binding.js';
import type { Event } from '../../src/domain/event.js';
import type { Outcome } from '../../src/domain/outcome.js';
import type { StoreMode } from '../../src/domain/store-mode.js';
import type { StorePath } from '../../src/domain/names.js';
import type { Volume } from '../../src/domain/actual.js';
import type { Evaluated, InstanceSpec, SecretFile, StoreBackend } from '../../src/domain/services.js';
import { ProblemError } from '../../src/domain/problem.js';
import { actualOf, desired, planned, type World } from '../planner/worlds.js';

/** A call on a port as one line: `incus.setDevice web web-2 tcp:127.0.0.1:81`. */
export type Call = string;

export type Script = {
  /** Calls that begin with this reject, with that message or error. */
  readonly fails?: Readonly<Record<string, string | Error>>;
  /** Runs before a call goes on: to look, to wait, to abort. */
  readonly during?: (call: Call) => Promise<void> | void;
  /** What `host.probe` says, by address. */
  readonly busy?: Readonly<Record<string, string>>;
  readonly warnings?: readonly string[];
  /** What a delivery, or a collection of garbage, says it did. */
  readonly says?: string;
  /** Why stops come to force. */
  readonly forced?: string | null;
  /** What a switch says that it waits for. */
  readonly jobs?: string;
  /** Config that instances have from before, by their names. */
  readonly config?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Snapshots that volumes have from before, by their names. */
  readonly snapshots?: Readonly<Record<string, readonly string[]>>;
  /** What a guest says of each volume, and what a pool has left in bytes. */
  readonly size?: { readonly bytes: number } | { readonly unknown: string };
  readonly free?: number;
  /** Secrets of which nobody has kept what they were. */
  readonly unkept?: readonly string[];
  /** Instances that the daemon lists beside those that are created. */
  readonly instances?: readonly string[];
  /** Volumes that somebody deletes after the plan was made. */
  readonly lost?: readonly string[];
};

/** What a run is told to do, beside the world it plans for. */
export type RunScript = Script &
  Partial<Pick<ApplyOptions, 'stop' | 'failFast' | 'locate'>> & { readonly limits?: Partial<Limits> };

export type Recorded = {
  readonly calls: readonly Call[];
  readonly events: readonly Event[];
  readonly outcome: Outcome;
  /** Most calls of a port at the same time, by `port.method`. */
  readonly peak: ReadonlyMap<string, number>;
  /** What was last set, by instance. */
  readonly configs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Each time that config was set. */
  readonly configured: readonly Readonly<Record<string, string>>[];
  /** What was last set, by instance and device. */
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What instances were created with. */
  readonly specs: readonly InstanceSpec[];
  /** Since when each look at a guest takes what it says to be about what runs. */
  readonly sinces: readonly (number | undefined)[];
};

const MANY: Limits = { evaluate: 9, build: 9, rehearse: 9, incus: 9 };

/** Plans for the world and carries the plan out on ports that write down what they are asked. */
export async function run(world: World, script: RunScript = {}): Promise<Recorded> {
  const { ports, ...record } = recordingPorts(script, actualOf(world).volumes);
  const events: Event[] = [];
  const outcome = await apply({
    plan: planned(world),
    desired: desired(world.want),
    ports,
    limits: { ...MANY, ...script.limits },
    emit: (event) => events.push(event),
    stop: script.stop ?? new AbortController().signal,
    failFast: script.failFast ?? false,
    locate: script.locate ?? ((problem) => problem),
  });
  return { ...record, events, outcome };
}

export function recordingPorts(
  {
    fails = {},
    during,
    busy = {},
    warnings = [],
    says = '',
    jobs = '',
    lost = [],
    forced = null,
    size = { bytes: 2 ** 20 },
    free = 2 ** 40,
    unkept = [],
    instances = [],
    ...before
  }: Script,
  there: readonly Volume[] = [],
) {
  const volumes = there.filter(({ volume }) => !lost.includes(volume));
  const specs: InstanceSpec[] = [];
  const removed = new Set<InstanceSpec>();
  const sinces: (number | undefined)[] = [];
  const configured: Readonly<Record<string, string>>[] = [];
  const devices: Record<string, Readonly<Record<string, string>>> = {};
  const calls: Call[] = [];
  const snapshots: Record<string, readonly string[]> = { ...before.snapshots };
  const devicesOf = (name: string) =>
    Object.fromEntries(
      Object.entries(devices).flatMap(([key, value]) => {
        const [instance, device = ''] = key.split(' ');
        return instance === name ? [[device, value] as const] : [];
      }),
    );
  const configs: Record<string, Readonly<Record<string, string>>> = {};
  const peak = new Map<string, number>();
  const active = new Map<string, number>();

  const call = async <T>(words: readonly string[], value: T): Promise<T> => {
    const line = words.join(' ');
    const [method = ''] = words;
    calls.push(line);
    active.set(method, (active.get(method) ?? 0) + 1);
    peak.set(method, Math.max(peak.get(method) ?? 0, active.get(method) ?? 0));
    try {
      // Time for others to begin, should anything let them.
      await new Promise((resolve) => setImmediate(resolve));
      await during?.(line);
      const failure = Object.entries(fails).find(([start]) => line.startsWith(start))?.[1];
      if (failure !== undefined)
        throw typeof failure === 'string'
          ? new ProblemError({ code: 'daemon-refused', message: failure })
          : failure;
      return value;
    } finally {
      active.set(method, (active.get(method) ?? 1) - 1);
    }
  };
  const unused = () => Promise.reject(new Error('the executor has no use for this'));

  const backend = (store: StoreMode): StoreBackend => {
    const asked = <T>(words: readonly string[], value: T) => {
      const [method = '', ...rest] = words;
      return call([`${store}.${method}`, ...rest], value);
    };
    return {
      instance: (app) => ({
        config: { 'raw.lxc': store },
        devices: { 'nix-profiles': { type: 'disk', source: `/profiles/${app}` } },
      }),
      bootstrap: () => ({ config: { 'security.nesting': 'true' }, devices: { seed: { type: 'none' } } }),
      sendSystem: (app, toplevel, limitMs, tell) => {
        for (const done of [1, 2]) tell({ what: 'system', done, total: 2 });
        return asked(['deliver', app, toplevel, String(limitMs)], says);
      },
      setProfile: (app, toplevel, above) => asked(['setProfile', app, toplevel], Math.max(7, above + 1)),
      activateGeneration: (app, generation, toplevel) =>
        asked(['returnTo', app, String(generation), toplevel], undefined),
      moveProfile: (from, to) => asked(['moveProfile', from, to], undefined),
      collect: (app, keep) => asked(['collect', app, ...keep.map(String)], says),
      dropProfile: (app) => asked(['dropProfile', app], undefined),
    };
  };

  const single: Omit<Services, 'twin'> = {
    incus: {
      create: (spec) => {
        configs[spec.name] = spec.config;
        specs.push(spec);
        return call(['incus.create', spec.name], undefined);
      },
      rename: (from, to) => call(['incus.rename', from, to], undefined),
      start: (name) => call(['incus.start', name], undefined),
      freeze: (name) => call(['incus.freeze', name], undefined),
      unfreeze: (name) => call(['incus.unfreeze', name], undefined),
      stop: (name, graceMs) => {
        const limit = graceMs === DEFAULT_GRACE_MS ? [] : [String(graceMs)];
        return call(['incus.stop', name, ...limit], { forced });
      },
      remove: (name) => {
        for (const spec of specs) if (spec.name === name) removed.add(spec);
        return call(['incus.remove', name], undefined);
      },
      setConfig: (name, config) => {
        configs[name] = config;
        configured.push(config);
        return call(['incus.setConfig', name], undefined);
      },
      setProfiles: (name, profiles) => call(['incus.setProfiles', name, ...profiles], undefined),
      setDevice: (name, device, value) => {
        devices[`${name} ${device}`] = value;
        const what = value['listen'] ?? value['source'];
        return call(['incus.setDevice', name, device, ...(what === undefined ? [] : [what])], undefined);
      },
      removeDevice: (name, device) => call(['incus.removeDevice', name, device], undefined),
      instance: (name) =>
        Promise.resolve({
          config: { ...before.config?.[name], ...configs[name] },
          devices: devicesOf(name),
          profiles: ['default'],
        }),
      snapshots: ({ volume }) => Promise.resolve(snapshots[volume] ?? []),
      snapshotVolume: ({ volume }, name) => {
        snapshots[volume] = [...(snapshots[volume] ?? []), name];
        return call(['incus.snapshotVolume', volume, name], undefined);
      },
      restoreVolume: ({ volume }, name) => call(['incus.restoreVolume', volume, name], undefined),
      removeSnapshot: ({ volume }, name) => call(['incus.removeSnapshot', volume, name], undefined),
      volumes: () => Promise.resolve(volumes),
      makeVolume: async ({ app, volume }, size) => {
        await call(['incus.makeVolume', app, volume, size ?? 'unlimited'], undefined);
        volumes.push({
          pool: 'default',
          name: `homelab.${app}.${volume}`,
          app,
          volume,
          size,
          copies: false,
          usedBy: [],
        });
        return { warning: warnings[0] ?? null };
      },
      resizeVolume: ({ name }, size) =>
        call(['incus.resizeVolume', name, size ?? 'unlimited'], { warning: warnings[0] ?? null }),
      markVolume: async (volume, marks) => {
        await call(['incus.markVolume', volume.name, marks.app, marks.volume], undefined);
        volumes[volumes.indexOf(volume)] = { ...volume, ...marks };
      },
      poolSpace: (pool) => call(['incus.poolSpace', pool], { bytes: { free, total: 2 ** 50 }, inodes: null }),
      poolsWith: (names) => call(['incus.poolsWith', ...names], []),
      setDevices: unused,
      removeVolume: async (volume) => {
        await call(['incus.removeVolume', volume.name], undefined);
        volumes.splice(volumes.indexOf(volume), 1);
      },
      copyVolume: async (volume, { app, volume: name }, project = 'homelab') => {
        const copy = { ...volume, app, volume: name, name: `${project}.${app}.${name}` };
        volumes.push(copy);
        await call(['incus.copyVolume', volume.name, copy.name], undefined);
        return copy;
      },
      exportVolume: unused,
      importVolume: unused,
      unshareable: unused,
      trySharing: unused,
      hasImage: unused,
      waitForOperations: unused,
      instances: () => {
        const made = specs.filter((spec) => !removed.has(spec));
        return Promise.resolve(
          [...instances.map((name) => ({ name, config: {} })), ...made].map(({ name, config }) => ({
            ...{ name, config, expanded_config: config, devices: devicesOf(name), profiles: [] },
            ...{ project: 'default', status: 'Running' as const, type: 'container' },
            expanded_devices: { eth0: { type: 'nic' } },
          })),
        );
      },
      status: () => Promise.resolve('Running'),
      consoleTail: unused,
      readLink: unused,
      readFile: unused,
      makeDirectory: unused,
      writeFile: unused,
      removeFile: unused,
      readDirectory: unused,
      readBytes: unused,
      writeLink: unused,
      query: unused,
      feed: unused,
      exec: unused,
      clearOutputs: () => Promise.resolve(),
    },
    nix: {
      lock: (url) => call(['nix.lock', url], { locked: `${url}/1234`, narHash: 'sha256-x' }),
      evaluate: ({ name }, pins) => call(['nix.evaluate', name, ...Object.keys(pins)], systemOf(name)),
      build: ({ name }, { toplevel }, onLine) => {
        onLine(`building ${toplevel}`);
        return call(['nix.build', name], undefined);
      },
    },
    stores: { shared: backend('shared'), copy: backend('copy') },
    guest: {
      activate: (app, toplevel, { activation, limitMs, graceMs, waits, warn }) => {
        if (jobs !== '') waits(jobs);
        if (forced !== null) warn(`killed after ${graceMs} ms`);
        return call(['guest.activate', app, toplevel, activation, String(limitMs)], { warnings });
      },
      takeBaseline: (instance) => call(['guest.takeBaseline', instance], undefined),
      settle: (app, toplevel, limitMs, _waits, since) => {
        sinces.push(since);
        return call(['guest.settle', app, toplevel, String(limitMs)], { warnings: [] });
      },
      check: (app, toplevel, { check }, through, _say, since) => {
        sinces.push(since);
        const at = through.map(({ port }) => String(port));
        return call(['guest.check', app, toplevel, check.kind, ...at], { note: 'all is well' });
      },
      sizeOf: (app, path) => call(['guest.sizeOf', app, path], size),
      writeSecrets: (app, secrets, remove) =>
        call(
          ['guest.writeSecrets', app, ...secrets.map(shown), ...remove.map((name) => `-${name}`)],
          undefined,
        ),
      keepSecrets: (app, secrets, kept) =>
        call(['guest.keepSecrets', app, ...secrets, ...kept.map((name) => `(${name})`)], undefined),
      revertSecrets: (app, secrets) =>
        call(
          ['guest.revertSecrets', app, ...secrets],
          secrets.filter((name) => unkept.includes(name)),
        ),
      forgetSecrets: (app, secrets) => call(['guest.forgetSecrets', app, ...(secrets ?? ['all'])], undefined),
      ownSecrets: (app, secrets, limitMs) =>
        call(['guest.ownSecrets', app, ...secrets.map(shown), String(limitMs)], undefined),
      restartLoaders: (app, secrets, limitMs) =>
        call(['guest.restartLoaders', app, ...secrets, String(limitMs)], [`${app}.service`]),
    },
    secrets: {
      value: (app, secret) => call(['secrets.value', app, secret], Buffer.from(`value of ${secret}`)),
      hide: (text) => text.replaceAll('hush', '[secret]'),
      take: (from, app, isFormerInUse) => call(['secrets.take', from, app, String(isFormerInUse)], undefined),
    },
    host: {
      probe: (binding) => {
        const place = formatBinding(binding);
        return call(['host.probe', place], busy[place] ?? null);
      },
      accepts: (binding) => call(['host.accepts', formatBinding(binding)], undefined),
      makeFolder: (path) => call(['host.makeFolder', path], undefined),
    },
    lockFile: { add: (url) => call(['lockFile.add', url], undefined) },
    limitMs: 1000,
  };
  // By its name it is told which of both it is.
  const { incus, guest, stores } = single;
  const ports: Services = { ...single, twin: { incus, guest, stores } };
  return { ports, calls, peak, configs, configured, devices, specs, sinces };
}

function shown({ name, mode, owner }: SecretFile): string {
  return `${name}=${mode},${owner}`;
}

/** The system that evaluating the app gives. */
export function systemOf(app: string): Evaluated {
  return {
    drv: `/nix/store/d-${app}.drv` as StorePath,
    toplevel: `/nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-${app}` as StorePath,
  };
}

/** Each app's end in a line: `web proxy-update done`. */
export function results({ outcome }: Recorded): string[] {
  return outcome.apps.map(({ app, result, because, failure }) => {
    const why = failure ? `${failure.op}: ${failure.problem.message}` : because;
    return [app, result, ...(why === null ? [] : [`(${why})`])].join(' ');
  });
}

/** What was said of operations: `started web/build`. */
export function said({ events }: Recorded, kind: Event['kind']): string[] {
  return events.flatMap((event) => (event.kind === kind && 'op' in event ? [event.op] : []));
}
