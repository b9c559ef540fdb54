import { type ApplyOptions, apply, type Limits } from '../../src/apply/apply.js';
import type { Ports } from '../../src/apply/job.js';
import type { Event, Outcome, StorePath } from '../../src/model.js';
import type { Evaluated } from '../../src/ports.js';
import { ProblemError } from '../../src/problem.js';
import { planOf } from '../../src/plan/plan.js';
import { actual, desired, type World } from '../plan/worlds.js';

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
};

/** What a run is told to do, beside the world it plans for. */
export type RunScript = Script &
  Partial<Pick<ApplyOptions, 'stop' | 'failFast'>> & { readonly limits?: Partial<Limits> };

export type Recorded = {
  readonly calls: readonly Call[];
  readonly events: readonly Event[];
  readonly outcome: Outcome;
  /** Most calls of a port at the same time, by `port.method`. */
  readonly peak: ReadonlyMap<string, number>;
  readonly configs: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

const MANY: Limits = { evaluate: 9, build: 9, incus: 9 };

/** Plans for the world and carries the plan out on ports that write down what they are asked. */
export async function run(world: World, script: RunScript = {}): Promise<Recorded> {
  const wanted = desired(world.want);
  const there = actual(world.have ?? []);
  const only = world.only
    ? new Set(wanted.apps.map((a) => a.name).filter((n) => world.only?.includes(n)))
    : null;
  const plan = planOf(wanted, there, { prune: world.prune ?? false, only });
  const { ports, ...record } = recordingPorts(script);
  const events: Event[] = [];
  const outcome = await apply({
    plan,
    desired: wanted,
    ports,
    limits: { ...MANY, ...script.limits },
    emit: (event) => events.push(event),
    stop: script.stop ?? new AbortController().signal,
    failFast: script.failFast ?? false,
  });
  return { ...record, events, outcome };
}

export function recordingPorts({ fails = {}, during, busy = {}, warnings = [] }: Script) {
  const calls: Call[] = [];
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
        throw typeof failure === 'string' ? new ProblemError({ message: failure }) : failure;
      return value;
    } finally {
      active.set(method, (active.get(method) ?? 1) - 1);
    }
  };
  const unused = () => Promise.reject(new Error('the executor has no use for this'));

  const ports: Ports = {
    incus: {
      create: ({ name, config }) => {
        configs[name] = config;
        return call(['incus.create', name], undefined);
      },
      start: (name) => call(['incus.start', name], undefined),
      unfreeze: (name) => call(['incus.unfreeze', name], undefined),
      stop: (name) => call(['incus.stop', name], undefined),
      remove: (name) => call(['incus.remove', name], undefined),
      setConfig: (name, config) => {
        configs[name] = config;
        return call(['incus.setConfig', name], undefined);
      },
      setDevice: (name, device, { listen = '' }) =>
        call(['incus.setDevice', name, device, listen], undefined),
      removeDevice: (name, device) => call(['incus.removeDevice', name, device], undefined),
      instances: unused,
      status: unused,
      consoleTail: unused,
      readLink: unused,
      exec: unused,
    },
    nix: {
      lock: (url) => call(['nix.lock', url], { locked: `${url}/1234`, narHash: 'sha256-x' }),
      evaluate: ({ name }, pins) => call(['nix.evaluate', name, ...Object.keys(pins)], systemOf(name)),
      build: ({ name }, { toplevel }, onLine) => {
        onLine(`building ${toplevel}`);
        return call(['nix.build', name], undefined);
      },
    },
    delivery: {
      instance: () => ({ config: { 'security.nesting': 'true' }, devices: {} }),
      setProfile: (app) => call(['delivery.setProfile', app], 7),
      dropProfile: (app) => call(['delivery.dropProfile', app], undefined),
    },
    guest: {
      activate: (app, toplevel) => call(['guest.activate', app, toplevel], { warnings }),
      settle: (app, toplevel) => call(['guest.settle', app, toplevel], undefined),
    },
    host: {
      probe: ({ address, port }) => {
        const place = `${address}:${port}`;
        return call(['host.probe', place], busy[place] ?? null);
      },
      accepts: ({ address, port }) => call(['host.accepts', `${address}:${port}`], undefined),
    },
    lockFile: { add: (url) => call(['lockFile.add', url], undefined) },
  };
  return { ports, calls, peak, configs };
}

/** The system that evaluating the app gives. */
export function systemOf(app: string): Evaluated {
  return { drv: `/nix/store/d-${app}.drv` as StorePath, toplevel: `/nix/store/t-${app}` as StorePath };
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
