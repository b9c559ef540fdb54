import { KIND_WORDS, type Alert } from '../domain/alert.js';
import { untilWords, type Hold } from '../domain/hold.js';
import { formatBinding, formatListen, urlOf, type Binding, type Listen } from '../domain/binding.js';
import type { ActualApp } from '../domain/actual.js';
import type { DesiredApp } from '../domain/desired.js';
import { currencyOf, type Freshness } from '../planner/freshness.js';
import { unreachedWords } from '../facets/exposure.js';
import { flakeRefIn } from '../facets/meta.js';
import { sourceIn } from '../facets/system.js';
import { revisionOf } from './revision.js';

/** A pet as `ps` lists it. */
export type Row = {
  readonly name: string;
  readonly flake: string | null;
  /** Git revision, or for a local source the start of its content hash. */
  readonly revision: string | null;
  readonly url: string | null;
  readonly exposure: string | null;
  /** Further exposures. */
  readonly published: readonly string[];
  /** Why it is not reached as it was when it was last whole; null: it is, as far as can be seen. */
  readonly unreached: string | null;
  readonly state: string;
  /** How its generation was found good; null: it does not run, or nobody looked. */
  readonly health: string | null;
  readonly generation: number | null;
  readonly toplevel: string | null;
  /** Null: it is not there, or not in the manifest. */
  readonly currency: Freshness | null;
  /** A person keeps its system as it is. */
  readonly hold: Hold | null;
  /** What is wrong and not mended yet. */
  readonly alerts: readonly Pick<Alert, 'kind' | 'since' | 'message'>[];
};

/** `outdated, held until 2026-12-24`. */
export function systemWords({ currency, hold }: Pick<Row, 'currency' | 'hold'>): string {
  const until = hold?.until ? ` until ${untilWords(hold.until)}` : '';
  return [...(currency === null ? [] : [currency]), ...(hold ? [`held${until}`] : [])].join(', ') || '-';
}

/** `running, alert: rolled back`. */
export function stateWords({ state, alerts }: Pick<Row, 'state' | 'alerts'>): string {
  const kinds = alerts.map(({ kind }) => KIND_WORDS[kind]).join(', ');
  return kinds === '' ? state : `${state}, alert: ${kinds}`;
}

export function exposureWords({
  url,
  exposure,
  published,
}: Pick<Row, 'url' | 'exposure' | 'published'>): string {
  const all = [...(url === null ? [] : [url]), ...(url === null && exposure !== null ? [exposure] : [])];
  return [...all, ...published].join(', ') || '-';
}

/** In a word; how it is known is in the JSON and in `pets history`. */
export function healthWords({
  state,
  health,
  unreached,
}: Pick<Row, 'state' | 'health' | 'unreached'>): string {
  if (health !== null) return 'healthy';
  return state.startsWith('running') && unreached === null ? 'not checked' : '-';
}

/** `wanted`: null when the manifest does not have it. */
export function rowOf(app: ActualApp, wanted: DesiredApp | null): Omit<Row, 'alerts'> {
  const { applied, exposures, facets, generations } = app;
  const web = exposures.find((e) => e.role === 'web');
  const published = exposures.filter((e) => e.role === 'publish');
  const listen = listenOf(web?.binding ?? null);
  const recorded = generations.find(({ generation }) => generation === applied?.generation);
  const unreached = unreachedWords(app);
  const isUp = app.status === 'Running' && app.state === 'ready' && unreached === null;
  return {
    name: app.name,
    flake: flakeRefIn(applied?.facets) ?? flakeRefIn(facets),
    revision: revisionOf(sourceIn(applied?.facets)),
    url: listen ? urlOf(listen) : null,
    exposure: listen ? formatListen(listen) : (web?.value['listen'] ?? null),
    published: published.map(({ binding, value }) =>
      binding ? formatBinding(binding) : (value['listen'] ?? '?'),
    ),
    unreached,
    state: stateOf(app, wanted),
    health: isUp ? (recorded?.healthy ?? null) : null,
    generation: applied?.generation ?? null,
    toplevel: applied?.toplevel ?? null,
    currency: wanted && currencyOf(wanted, app),
    hold: app.hold,
  };
}

function stateOf(app: ActualApp, wanted: DesiredApp | null): string {
  const isRenamed = wanted !== null && wanted.name !== app.name;
  return [
    powerWords(app),
    ...(app.state === 'ready' ? [] : [UNFINISHED[app.state]]),
    ...(isRenamed ? [`to be renamed to ${wanted.name}`] : []),
    ...(wanted ? [] : ['not in the manifest']),
  ].join(', ');
}

/** Whether it runs, and is reached. */
export function powerWords(app: ActualApp): string {
  const unreached = unreachedWords(app);
  return [app.status.toLowerCase(), ...(unreached === null ? [] : [unreached])].join(', ');
}

const UNFINISHED = {
  creating: 'unfinished',
  upgrading: 'upgrade not finished',
  returning: 'rollback not finished',
  restoring: 'rollback not finished',
} as const;

export function listenOf(binding: Binding | null): Listen | null {
  if (binding?.protocol !== 'tcp') return null;
  return { address: binding.address, port: binding.first };
}
