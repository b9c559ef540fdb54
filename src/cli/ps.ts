import { formatListen, urlOf } from '../listen.js';
import type { Actual, ActualApp, AppRef, Binding, Listen, Manifest } from '../model.js';
import { EXIT, type ExitCode } from '../problem.js';
import { jsonText, table } from '../ui/index.js';
import type { Context, GlobalOptions } from './context.js';
import { nothingWanted, observe } from './observe.js';
import { readProject } from './project.js';
import { revisionOf } from './revision.js';

type Row = {
  readonly name: string;
  readonly flake: string | null;
  /** Git revision, or for a local source the start of its content hash. */
  readonly revision: string | null;
  readonly url: string | null;
  readonly exposure: string | null;
  readonly state: string;
  readonly generation: number | null;
  readonly toplevel: string | null;
};

/** What is there, and what the manifest has that is not. */
export async function ps(
  options: GlobalOptions & { readonly json: boolean },
  context: Context,
): Promise<ExitCode> {
  const { manifest } = await readProject(context, options.file);
  const rows = rowsOf(manifest, await observe(manifest.project, nothingWanted, context.env));
  if (options.json) {
    context.stdout.write(jsonText({ version: 1, project: manifest.project, apps: rows }));
  } else {
    const cells = rows.map((r) => [
      r.name,
      r.flake ?? '-',
      r.revision ?? '-',
      r.url ?? r.exposure ?? '-',
      r.state,
    ]);
    context.stdout.write(table(cells, ['NAME', 'FLAKE', 'REVISION', 'URL', 'STATE']));
  }
  return EXIT.ok;
}

function rowsOf(manifest: Manifest, actual: Actual): Row[] {
  const listed = new Set(manifest.apps.map((app) => app.name));
  const found = new Set(actual.apps.map((app) => app.name));
  const absent = manifest.apps
    .filter((app) => !found.has(app.name))
    .map((app): Row => ({ ...nothing, name: app.name, flake: writtenOf(app.source), state: 'absent' }));
  const there = actual.apps.map((app) => rowOf(app, listed.has(app.name)));
  return [...there, ...absent].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const nothing = { flake: null, revision: null, url: null, exposure: null, generation: null, toplevel: null };

function rowOf(app: ActualApp, isListed: boolean): Row {
  const { applied, exposures, facets } = app;
  const web = exposures.find((e) => e.role === 'web');
  const listen = listenOf(web?.binding ?? null);
  const dead = facets.exposure?.['forwarder'] === 'dead' ? ', not listening' : '';
  const unfinished = UNFINISHED[app.state];
  return {
    name: app.name,
    flake: applied?.facets.meta?.['flake-ref'] ?? facets.meta?.['flake-ref'] ?? null,
    revision: revisionOf(applied?.facets.system?.['source'] ?? null),
    url: listen ? urlOf(listen) : null,
    exposure: listen ? formatListen(listen) : (web?.value['listen'] ?? null),
    state: `${app.status.toLowerCase()}${dead}${unfinished}${isListed ? '' : ', not in the manifest'}`,
    generation: applied?.generation ?? null,
    toplevel: applied?.toplevel ?? null,
  };
}

const UNFINISHED = {
  creating: ', unfinished',
  upgrading: ', upgrade not finished',
  restoring: ', rollback not finished',
  ready: '',
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

function listenOf(binding: Binding | null): Listen | null {
  if (binding?.protocol !== 'tcp') return null;
  return { address: binding.address, port: binding.first };
}
