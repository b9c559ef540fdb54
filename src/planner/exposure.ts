import { formatBinding, overlaps, type Binding } from '../domain/binding.js';
import type { ActualApp, Exposure } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';
import type { DesiredApp, DesiredExposure } from '../domain/desired.js';
import { isDead } from '../facets/exposure.js';

export type Placed = { readonly device: string; readonly exposure: DesiredExposure };

/** What becomes of one app's exposures: `adds` are missing, `drop` are too many, `dead` have no forwarder. */
export type ExposureChange = {
  readonly app: AppName;
  /** `replaces`: the one that is taken away for it. */
  readonly adds: readonly (Placed & { readonly replaces: Exposure | null })[];
  readonly drop: readonly Exposure[];
  readonly dead: readonly Placed[];
  /** Stay as they are, and open again at each start. */
  readonly kept: readonly Placed[];
  /** What this run makes a forwarder listen on: what is added, revived, or opened again by a start. */
  readonly opens: readonly DesiredExposure[];
  /** The container is deleted, and its exposures with it. */
  readonly leaves: boolean;
};

/** What becomes of the container: it runs on, is thawed, or starts. */
export type PowerTransition = 'runs' | 'thaws' | 'starts';

/**
 * A container starts without exposures and gets them when its system is up: when a guest dies while the daemon
 * opens a proxy for it, the forwarder is left behind, and its port taken for good (seen on Incus 6.0.4).
 */
export function moveOf(desired: DesiredApp, actual: ActualApp | null, fate: PowerTransition): ExposureChange {
  const there = actual?.exposures ?? [];
  const found = desired.exposures.map((exposure) => ({
    exposure,
    same: there.find((e) => serves(e, exposure)) ?? null,
  }));
  const kept = found.flatMap(({ exposure, same }) =>
    same && fate !== 'starts' ? [{ device: same.device, exposure }] : [],
  );
  const drop = there.filter((e) => !kept.some(({ device }) => device === e.device));
  const odd = drop.filter((e) => !found.some(({ same }) => same === e));
  const replaced = { web: odd.filter(isRole('web')), publish: odd.filter(isRole('publish')) };
  const names = freeDevices(actual?.devices ?? []);
  const adds = found
    .filter(({ same }) => !same || fate === 'starts')
    .map(({ exposure, same }) => ({
      device: same?.device ?? names(exposure.role),
      exposure,
      replaces: same ?? replaced[exposure.role].shift() ?? null,
    }));
  const dead = fate === 'runs' && actual && isDead(actual.facets) ? kept : [];
  const opened = fate === 'runs' ? [...adds, ...dead] : [...adds, ...kept];
  return {
    ...{ app: desired.name, adds, drop, dead, kept, leaves: false },
    opens: opened.map(({ exposure }) => exposure),
  };
}

/** A deleted container's exposures go with it: whoever takes its port waits for that. */
export function vacate({ name, exposures }: ActualApp): ExposureChange {
  return { app: name, adds: [], drop: exposures, dead: [], kept: [], opens: [], leaves: true };
}

function isRole(role: DesiredExposure['role']) {
  return (exposure: Exposure) => exposure.role === role;
}

function serves(there: Exposure, wanted: DesiredExposure): boolean {
  return (
    there.role === wanted.role &&
    there.binding !== null &&
    formatBinding(there.binding) === formatBinding(wanted.binding) &&
    there.connect === wanted.connect &&
    (there.value['mode'] ?? null) === wanted.mode
  );
}

/** `web` as incus-pet has it; another name while the old one still serves (make before break). */
function freeDevices(there: readonly string[]): (role: DesiredExposure['role']) => string {
  const taken = new Set(there);
  return (role) => {
    for (let n = 1; ; n++) {
      const name = role === 'web' && n === 1 ? 'web' : `${role}-${n}`;
      if (taken.has(name)) continue;
      taken.add(name);
      return name;
    }
  };
}

type Held = { readonly app: AppName; readonly binding: Binding };

/** For each app that opens an exposure: the apps (itself included) that must let go of an overlapping one first. */
export function waitsFor(moves: readonly ExposureChange[]): Map<AppName, AppName[]> {
  const holders = holdersOf(moves);
  return new Map(
    moves.map(({ app, adds, drop, opens }) => {
      const others = opens.flatMap(({ binding }) => holders(binding));
      // One of its own that pets would not have written may hold any port: it goes first.
      const isOdd = adds.length > 0 && drop.some((e) => e.binding === null);
      return [app, [...new Set(isOdd ? [...others, app] : others)]];
    }),
  );
}

/** Wider ranges are not looked up by port but compared one by one: they are few. */
const NARROW = 64;

/** Who holds what is dropped and overlaps with a binding. */
function holdersOf(moves: readonly ExposureChange[]): (wanted: Binding) => AppName[] {
  const dropped = moves.flatMap(({ app, drop }) =>
    drop.flatMap(({ binding }): Held[] => (binding ? [{ app, binding }] : [])),
  );
  const byKey = new Map<string, Held[]>();
  for (const held of dropped) {
    for (const key of keysOf(held.binding)) byKey.set(key, [...(byKey.get(key) ?? []), held]);
  }
  return (wanted) => {
    const isWide = keysOf(wanted).includes('wide');
    const near = isWide ? dropped : [...keysOf(wanted), 'wide'].flatMap((key) => byKey.get(key) ?? []);
    return near.filter(({ binding }) => overlaps(binding, wanted)).map(({ app }) => app);
  };
}

function keysOf(binding: Binding): string[] {
  if (binding.protocol === 'unix') return [binding.path];
  const { first, last } = binding;
  if (last - first > NARROW) return ['wide'];
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
}

/**
 * Apps that cannot make before they break, because their new exposure waits for one that waits for theirs:
 * two apps that swap ports, or one that widens 127.0.0.1:80 to 0.0.0.0:80.
 */
export function breakFirst(waits: ReadonlyMap<AppName, readonly AppName[]>): Set<AppName> {
  return new Set([...waits.keys()].filter((app) => reaches(app, app, waits)));
}

/** Whether `target` is found by following the edges from `from`. */
export function reaches<T>(from: T, target: T, edges: ReadonlyMap<T, readonly T[]>): boolean {
  const seen = new Set<T>();
  const queue = [...(edges.get(from) ?? [])];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next === target) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(...(edges.get(next) ?? []));
  }
  return false;
}
