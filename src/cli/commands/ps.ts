import type { Alert } from '../../domain/alert.js';
import type { Actual } from '../../domain/actual.js';
import type { AppName } from '../../domain/names.js';
import type { AppRef, Manifest } from '../../domain/manifest.js';
import type { Desired } from '../../domain/desired.js';
import { matchApps } from '../../planner/match.js';
import { EXIT, problemOf, type ExitCode } from '../../domain/problem.js';
import { jsonText, table } from '../../ui/index.js';
import type { Runtime } from '../../runtime/runtime.js';
import { nothingWanted, observe } from '../../runtime/observe.js';
import { namesOf } from '../../runtime/pets.js';
import { resolveDesired } from '../../runtime/project.js';
import { exposureWords, healthWords, rowOf, stateWords, systemWords, type Row } from '../../runtime/row.js';
import type { CommandLine } from '../command-line.js';
import { examples, withGlobalOptions } from '../options.js';

export function addPs({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('ps [app...]').alias('list'))
    .summary('list the apps: flake, revision, exposure, state, health')
    .description(
      'Lists what is there, and what the manifest has that is not, or those apps of it that are named: flake, revision, exposure, state, how it was found healthy, generation, and whether its system is current, outdated (the manifest, pets.lock or a source has moved on) or stale (an upgrade has not ended, or what is wanted failed and is held); whether somebody holds it by hand, and what of it is wrong and not mended yet.',
    )
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets ps', "pets ps web 'blog-*'", 'pets ps --json'))
    .action(actionOf(ps));
}

/** What is there, and what the manifest has that is not; of those that are named, if any are. */
async function ps(
  runtime: Runtime,
  options: { readonly json: boolean },
  selectors: readonly string[],
): Promise<ExitCode> {
  const project = await runtime.project();
  const { manifest } = project;
  const [desired, actual] = await Promise.all([
    resolveDesired(runtime, project, new Set()),
    observe(runtime, manifest.project, nothingWanted),
  ]);
  const open = alertsFor(runtime, manifest.project);
  const all = rowsOf(manifest, desired, actual).map((row) => ({ ...row, alerts: alertsOf(row.name, open) }));
  const named = selectors.length === 0 ? null : namesOf(selectors, manifest, actual);
  const rows = all.filter(({ name }) => named === null || named.has(name as AppName));
  if (options.json) {
    runtime.output.write(jsonText({ version: 1, project: manifest.project, apps: rows }));
  } else {
    runtime.output.write(table(rows.map(cellsOf), HEADER));
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
    stateWords(row),
    healthWords(row),
    row.generation === null ? '-' : String(row.generation),
    systemWords(row),
  ];
}

/** What is not known is said, and nobody is told that all is well. */
function alertsFor({ state, output }: Runtime, project: string): readonly Alert[] {
  try {
    return state.alerts(project).read().open;
  } catch (error) {
    output.notice('warning', problemOf(error).message);
    return [];
  }
}

function alertsOf(name: string, open: readonly Alert[]): Row['alerts'] {
  return open.filter(({ app }) => app === name).map(({ kind, since, message }) => ({ kind, since, message }));
}

function rowsOf(manifest: Manifest, desired: Desired, actual: Actual): Omit<Row, 'alerts'>[] {
  const matched = matchApps(desired, actual);
  const absent = manifest.apps
    .filter((app) => !matched.has(app.name))
    .map((app): Omit<Row, 'alerts'> => ({
      ...nothing,
      name: app.name,
      flake: writtenOf(app.source),
      state: 'absent',
    }));
  const there = actual.apps.map((app) => {
    const wanted = desired.apps.find(({ name }) => matched.get(name) === app) ?? null;
    return rowOf(app, wanted);
  });
  return [...there, ...absent].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const nothing = {
  ...{ flake: null, revision: null, url: null, exposure: null, published: [], unreached: null },
  ...{ health: null, generation: null, toplevel: null, currency: null, hold: null },
};

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
