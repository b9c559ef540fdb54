import { formatBinding, formatListen, urlOf } from '../listen.js';
import type { Actual, ActualApp, AppRef, Binding, Desired, DesiredApp, Listen, Manifest } from '../model.js';
import { currencyOf, type Currency } from '../plan/currency.js';
import { matchApps } from '../plan/match.js';
import { EXIT, type ExitCode } from '../problem.js';
import { jsonText, table } from '../ui/index.js';
import type { Context, GlobalOptions } from './context.js';
import { nothingWanted, observe } from './observe.js';
import { desireOf, readProject } from './project.js';
import { revisionOf } from './revision.js';
import { lazyExec } from './wire.js';

export type Row = {
  readonly name: string;
  readonly flake: string | null;
  /** Git revision, or for a local source the start of its content hash. */
  readonly revision: string | null;
  readonly url: string | null;
  readonly exposure: string | null;
  /** Further exposures. */
  readonly published: readonly string[];
  readonly state: string;
  /** How its generation was found good; null: it does not run, or nobody looked. */
  readonly health: string | null;
  readonly generation: number | null;
  readonly toplevel: string | null;
  /** Null: it is not there, or not in the manifest. */
  readonly currency: Currency | null;
};

/** What is there, and what the manifest has that is not. */
export async function ps(
  options: GlobalOptions & { readonly json: boolean },
  context: Context,
): Promise<ExitCode> {
  const project = await readProject(context, options.file);
  const { manifest } = project;
  const [desired, actual] = await Promise.all([
    desireOf(project, lazyExec, new Set()),
    observe(manifest.project, nothingWanted, context.env),
  ]);
  const rows = rowsOf(manifest, desired, actual);
  if (options.json) {
    context.stdout.write(jsonText({ version: 1, project: manifest.project, apps: rows }));
  } else {
    context.stdout.write(table(rows.map(cellsOf), HEADER));
  }
  return EXIT.ok;
}

const HEADER = ['NAME', 'FLAKE', 'REVISION', 'EXPOSURE', 'STATE', 'HEALTH', 'GEN', 'SYSTEM'];

function cellsOf(row: Row): string[] {
  return [
    row.name,
    row.flake ?? '-',
    row.revision ?? '-',
    exposureWords(row),
    row.state,
    healthWords(row),
    row.generation === null ? '-' : String(row.generation),
    row.currency ?? '-',
  ];
}

export function exposureWords({ url, exposure, published }: Row): string {
  const all = [...(url === null ? [] : [url]), ...(url === null && exposure !== null ? [exposure] : [])];
  return [...all, ...published].join(', ') || '-';
}

/** In a word; how it is known is in the JSON and in `pets history`. */
export function healthWords({ state, health }: Pick<Row, 'state' | 'health'>): string {
  if (health !== null) return 'healthy';
  return state.startsWith('running') ? 'not checked' : '-';
}

function rowsOf(manifest: Manifest, desired: Desired, actual: Actual): Row[] {
  const matched = matchApps(desired, actual);
  const absent = manifest.apps
    .filter((app) => !matched.has(app.name))
    .map((app): Row => ({ ...nothing, name: app.name, flake: writtenOf(app.source), state: 'absent' }));
  const there = actual.apps.map((app) => {
    const wanted = desired.apps.find(({ name }) => matched.get(name) === app) ?? null;
    return rowOf(app, wanted);
  });
  return [...there, ...absent].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const nothing = {
  ...{ flake: null, revision: null, url: null, exposure: null, published: [] },
  ...{ health: null, generation: null, toplevel: null, currency: null },
};

/** `wanted`: null when the manifest does not have it. */
export function rowOf(app: ActualApp, wanted: DesiredApp | null): Row {
  const { applied, exposures, facets, generations } = app;
  const web = exposures.find((e) => e.role === 'web');
  const published = exposures.filter((e) => e.role === 'publish');
  const listen = listenOf(web?.binding ?? null);
  const recorded = generations.find(({ generation }) => generation === applied?.generation);
  const isUp = app.status === 'Running' && app.state === 'ready' && !isDead(app);
  return {
    name: app.name,
    flake: applied?.facets.meta?.['flake-ref'] ?? facets.meta?.['flake-ref'] ?? null,
    revision: revisionOf(applied?.facets.system?.['source'] ?? null),
    url: listen ? urlOf(listen) : null,
    exposure: listen ? formatListen(listen) : (web?.value['listen'] ?? null),
    published: published.map(({ binding, value }) =>
      binding ? formatBinding(binding) : (value['listen'] ?? '?'),
    ),
    state: stateOf(app, wanted),
    health: isUp ? (recorded?.healthy ?? null) : null,
    generation: applied?.generation ?? null,
    toplevel: applied?.toplevel ?? null,
    currency: wanted && currencyOf(wanted, app),
  };
}

function isDead({ facets }: ActualApp): boolean {
  return facets.exposure?.['forwarder'] === 'dead';
}

function stateOf(app: ActualApp, wanted: DesiredApp | null): string {
  const isRenamed = wanted !== null && wanted.name !== app.name;
  return [
    app.status.toLowerCase(),
    ...(isDead(app) ? ['not listening'] : []),
    ...(app.state === 'ready' ? [] : [UNFINISHED[app.state]]),
    ...(isRenamed ? [`to be renamed to ${wanted.name}`] : []),
    ...(wanted ? [] : ['not in the manifest']),
  ].join(', ');
}

const UNFINISHED = {
  creating: 'unfinished',
  upgrading: 'upgrade not finished',
  restoring: 'rollback not finished',
} as const;

function writtenOf(source: AppRef): string {
  switch (source.kind) {
    case 'flake':
      return source.ref.written;
    case 'config':
      return source.file.written;
    case 'toplevel':
      return source.path;
  }
}

export function listenOf(binding: Binding | null): Listen | null {
  if (binding?.protocol !== 'tcp') return null;
  return { address: binding.address, port: binding.first };
}
