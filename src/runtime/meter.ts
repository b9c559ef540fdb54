import { memoryIn } from '../facets/limits.js';
import type { Usage } from '../incus/observe/usage.js';
import type { ActualApp } from '../domain/actual.js';
import type { TopRow } from '../ui/index.js';
import { nothingWanted, observe } from './observe.js';
import type { Runtime } from './runtime.js';
import { exposureWords, healthWords, powerWords, rowOf } from './row.js';

/** Requests to the daemon at a time, 4 to 7 ms each: `recursion=2` takes half a second for 200 instances. */
const AT_A_TIME = 8;
const NS_PER_MS = 1e6;

type Sample = { readonly usage: Usage; readonly at: number };

/** What a project's pets use. Of processors that is known from the second sample on. */
export class Meter {
  readonly #runtime: Runtime;
  readonly #project: string;
  #last: ReadonlyMap<string, Sample> = new Map();

  constructor(runtime: Runtime, project: string) {
    this.#runtime = runtime;
    this.#project = project;
  }

  /** All pets that are there, by name. */
  async sample(): Promise<readonly TopRow[]> {
    const { apps } = await observe(this.#runtime, this.#project, nothingWanted);
    const samples = await this.#look(apps.filter(({ status }) => status === 'Running'));
    const rows = apps.map((app) => topRow(app, samples.get(app.name), this.#last.get(app.name)));
    this.#last = samples;
    return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #look(apps: readonly ActualApp[]): Promise<ReadonlyMap<string, Sample>> {
    const samples = new Map<string, Sample>();
    const left = [...apps];
    const worker = async () => {
      for (let app = left.shift(); app !== undefined; app = left.shift()) {
        const usage = await this.#runtime.daemons.of(app.name).usage(app.name);
        if (usage) samples.set(app.name, { usage, at: performance.now() });
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    return samples;
  }
}

function topRow(app: ActualApp, now: Sample | undefined, before: Sample | undefined): TopRow {
  const row = rowOf(app, null);
  return {
    name: app.name,
    state: powerWords(app),
    health: healthWords(row),
    cpuPercent: now && before ? percentOf(now, before) : null,
    memory: now?.usage.memoryBytes ?? null,
    memoryLimit: memoryIn(app.facets),
    processes: now?.usage.processes ?? null,
    exposure: exposureWords(row),
  };
}

/** Null where it has started anew in between. */
function percentOf(now: Sample, before: Sample): number | null {
  const used = now.usage.cpuNs - before.usage.cpuNs;
  const ms = now.at - before.at;
  return used < 0 || ms <= 0 ? null : (100 * used) / NS_PER_MS / ms;
}
