import { formatListen, overlaps } from '../listen.js';
import type { ActualApp, AppName, DesiredApp, Exposure, Listen } from '../model.js';

/** What becomes of one app's exposures: `add` is missing, `drop` are too many, `dead` has no forwarder. */
export type Move = {
  readonly app: AppName;
  readonly add: { readonly device: string; readonly listen: Listen } | null;
  readonly drop: readonly Exposure[];
  readonly dead: { readonly device: string; readonly listen: Listen } | null;
  /** What this run makes a forwarder listen on: what is added, revived, or opened again by a start. */
  readonly opens: Listen | null;
  /** The whole app is destroyed, and its exposures with it. */
  readonly leaves: boolean;
};

export function moveOf(desired: DesiredApp, actual: ActualApp | null): Move {
  const exposures = actual?.exposures ?? [];
  const { listen } = desired;
  const kept = listen && exposures.find((e) => e.listen !== null && same(e.listen, listen));
  const drop = exposures.filter((e) => e !== kept);
  const add = listen && !kept ? { device: freeDevice(exposures), listen } : null;
  const isDead = actual?.facets.exposure?.['forwarder'] === 'dead';
  const dead = kept && isDead ? { device: kept.device, listen } : null;
  const isStarting = actual?.status !== 'Running';
  return {
    app: desired.name,
    add,
    drop,
    dead,
    opens: add || dead || isStarting ? listen : null,
    leaves: false,
  };
}

function same(a: Listen, b: Listen): boolean {
  return formatListen(a) === formatListen(b);
}

/** `web` as incus-pet has it; another name while the old one still serves (make before break). */
function freeDevice(exposures: readonly Exposure[]): string {
  const taken = new Set(exposures.map((e) => e.device));
  for (let n = 1; ; n++) {
    const name = n === 1 ? 'web' : `web-${n}`;
    if (!taken.has(name)) return name;
  }
}

/** For each app that opens an exposure: the apps (itself included) that must let go of an overlapping one first. */
export function waitsFor(moves: readonly Move[]): Map<AppName, AppName[]> {
  const byPort = new Map<number, { app: AppName; listen: Listen }[]>();
  for (const move of moves) {
    for (const { listen } of move.drop) {
      if (listen) byPort.set(listen.port, [...(byPort.get(listen.port) ?? []), { app: move.app, listen }]);
    }
  }
  return new Map(
    moves.map(({ app, add, drop, opens }) => {
      const held = opens ? (byPort.get(opens.port) ?? []) : [];
      const others = held.filter((h) => opens !== null && overlaps(h.listen, opens)).map((h) => h.app);
      // One of its own that pets would not have written may hold any port: it goes first.
      const isOdd = add !== null && drop.some((e) => e.listen === null);
      return [app, isOdd ? [...new Set([...others, app])] : others];
    }),
  );
}

/**
 * Apps that cannot make before they break, because their new exposure waits for one that waits for theirs:
 * two apps that swap ports, or one that widens 127.0.0.1:80 to 0.0.0.0:80.
 */
export function breakFirst(waits: ReadonlyMap<AppName, readonly AppName[]>): Set<AppName> {
  return new Set([...waits.keys()].filter((app) => reaches(app, app, waits)));
}

function reaches(from: AppName, target: AppName, waits: ReadonlyMap<AppName, readonly AppName[]>): boolean {
  const seen = new Set<AppName>();
  const queue = [...(waits.get(from) ?? [])];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next === target) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(...(waits.get(next) ?? []));
  }
  return false;
}
