import { overlaps } from '../../src/listen.js';
import type { Actual, ActualApp, AppName, Desired, Exposure, Operation, Plan } from '../../src/model.js';
import { actual, deviceOf, seenAs, toplevelOf } from './worlds.js';

const LIVE = new Set(['Running', 'Frozen']);

/** A machine that believes what it is told, and cannot have one port open twice. */
export class Machine {
  readonly #apps: Map<AppName, ActualApp>;
  readonly #desired: Desired;

  constructor({ apps }: Actual, desired: Desired) {
    this.#apps = new Map(apps.map((app) => [app.name, app]));
    this.#desired = desired;
  }

  observed(): Actual {
    return actual([], { apps: [...this.#apps.values()].map((app) => seenAs(app)) });
  }

  app(name: AppName): ActualApp | undefined {
    return this.#apps.get(name);
  }

  /** Throws when the daemon would refuse. */
  carryOut({ app: name, action }: Operation): void {
    const app = this.#apps.get(name);
    switch (action.kind) {
      case 'create':
        if (app) throw new Error(`${name} exists`);
        this.#set({
          name,
          status: 'Stopped',
          state: 'creating',
          applied: null,
          exposures: [],
          altered: [],
          facets: {},
        });
        break;
      case 'repair':
        this.#change(name, { altered: [] });
        break;
      case 'start':
        this.#change(name, { status: 'Running' });
        break;
      case 'stop':
        this.#change(name, { status: 'Stopped' });
        break;
      case 'delete':
        this.#apps.delete(name);
        break;
      case 'expose':
        this.#expose(name, deviceOf(action.device, action.listen));
        break;
      case 'unexpose':
        this.#unexpose(name, action.device);
        break;
      case 'record':
        this.#record(name, action.facets);
        break;
      case 'lock':
      case 'evaluate':
      case 'build':
      case 'set-profile':
      case 'activate':
      case 'settle':
      case 'revive':
      case 'drop-profile':
        break;
    }
    this.#noPortTwice();
  }

  #set(app: ActualApp): void {
    this.#apps.set(app.name, app);
  }

  #change(name: AppName, change: Partial<ActualApp>): void {
    this.#set({ ...this.#there(name), ...change });
  }

  #there(name: AppName): ActualApp {
    const app = this.#apps.get(name);
    if (!app) throw new Error(`${name} is not there`);
    return app;
  }

  #expose(name: AppName, exposure: Exposure): void {
    const { exposures } = this.#there(name);
    if (exposures.some((e) => e.device === exposure.device)) throw new Error(`${exposure.device} is there`);
    this.#change(name, { exposures: [...exposures, exposure] });
  }

  #unexpose(name: AppName, device: string): void {
    const { exposures } = this.#there(name);
    if (!exposures.some((e) => e.device === device)) throw new Error(`${device} is not there`);
    this.#change(name, { exposures: exposures.filter((e) => e.device !== device) });
  }

  #record(name: AppName, facets: ActualApp['facets']): void {
    const toplevel = toplevelOf(facets);
    this.#change(name, {
      state: 'ready',
      applied: { v: 1, generation: 1, toplevel, facets },
      facets: { system: { toplevel }, meta: facets.meta ?? {} },
    });
  }

  #noPortTwice(): void {
    const open = [...this.#apps.values()].flatMap((app) => (LIVE.has(app.status) ? app.exposures : []));
    for (const [i, a] of open.entries()) {
      const clash = open.slice(i + 1).find((b) => a.listen && b.listen && overlaps(a.listen, b.listen));
      if (clash) throw new Error(`${a.raw} and ${clash.raw} are open at once`);
    }
  }

  /** Every app of the manifest runs and has exactly its exposure. */
  isAsDesired(): boolean {
    return this.#desired.apps.every(({ name, listen }) => {
      const app = this.#apps.get(name);
      const wanted = listen ? [deviceOf('', listen).raw] : [];
      return app?.status === 'Running' && app.exposures.map((e) => e.raw).join() === wanted.join();
    });
  }
}

/** One order in which an executor may carry the plan out: `pick` chooses among those that are free to start. */
export function orderOf({ operations }: Plan, pick: (count: number) => number): Operation[] {
  const ended = new Set<string>();
  const order: Operation[] = [];
  let waiting = operations;
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
