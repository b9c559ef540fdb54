import { nixpkgsIn, withoutNixpkgs } from '../facets/meta.js';
import { parseApplied, printApplied } from '../domain/records.js';
import { printTable } from '../manifest/keys/app-table.js';
import { emptyLock } from '../manifest/lock.js';
import { readManifest, type ReadManifest } from '../manifest/read.js';
import { DEPLOYED, INCUS_PET, LABEL } from '../domain/labels.js';
import type { AppTable, Manifest } from '../domain/manifest.js';
import type { InstanceJson } from '../domain/services.js';
import type { Daemons } from './daemons.js';
import type { Project } from './project-type.js';
import type { State } from './state.js';

type Host = { readonly cwd: string; readonly daemons: Daemons; readonly state: State };

/** All that `pets deploy` made, by their marks, as a project: for the verbs that go by a manifest. */
export async function deployedProject(host: Host): Promise<Project> {
  const instances = await deployedInstances(host.daemons);
  // One whose marks somebody has broken is shown as an instance without an app.
  const apps = instances.filter(isDeployed).flatMap((instance) => {
    const read = readTable(tableOf(instance), host.cwd);
    return read.ok ? read.manifest.apps : [];
  });
  return projectOf({ project: DEPLOYED, apps: apps.sort((a, b) => (a.name < b.name ? -1 : 1)) }, host);
}

/** All instances there are where something may have been deployed. */
export async function deployedInstances({ all }: Daemons): Promise<readonly InstanceJson[]> {
  return (await Promise.all(all.map((daemon) => daemon.incus(DEPLOYED).instances()))).flat();
}

export function isDeployed({ name, project, config }: InstanceJson): boolean {
  const isOurs = config[LABEL.project] === DEPLOYED && config[LABEL.app] === name;
  return project === 'default' && isOurs;
}

/** Without a file: nothing has a place, and nothing is pinned. */
export function projectOf(manifest: Manifest, { cwd, state }: Pick<Host, 'cwd' | 'state'>): Project {
  return {
    manifest,
    nixpkgs: null,
    notify: null,
    lock: emptyLock,
    path: null,
    lockPath: null,
    ownFiles: new Set(),
    secrets: state.vault(DEPLOYED, cwd),
    locate: () => ({}),
  };
}

/** A table as the manifest that has only this app. */
export function readTable(table: AppTable, directory: string): ReadManifest {
  const read = readManifest(`project = "deployed"\n${printTable(table)}`, { file: 'pets', directory });
  return read.ok ? { ...read, manifest: { ...read.manifest, project: DEPLOYED } } : read;
}

/** What the marks of an instance say, incus-pet's or ours: both write the same. */
export function tableOf({ name, config }: Pick<InstanceJson, 'name' | 'config'>): AppTable {
  const port = config[INCUS_PET.hostPort];
  return {
    name,
    'flake-ref': config[INCUS_PET.flakeRef] ?? '',
    port: port === undefined ? null : Number(port),
    listen: config[INCUS_PET.listen] ?? null,
    nixpkgs: nixpkgsIn(parseApplied(config[LABEL.applied])?.facets),
    store: null,
  };
}

/** What `tableOf` reads back, as config keys. */
export function marksOf({ 'flake-ref': ref, port, listen }: AppTable): Readonly<Record<string, string>> {
  return {
    [INCUS_PET.flakeRef]: ref,
    ...(port !== null && { [INCUS_PET.hostPort]: String(port) }),
    ...(listen !== null && { [INCUS_PET.listen]: listen }),
  };
}

/** Of a deployed app nixpkgs is remembered in what was applied; a manifest says it itself. */
export function recordWithoutNixpkgs(config: InstanceJson['config']): Readonly<Record<string, string>> {
  const applied = parseApplied(config[LABEL.applied]);
  if (!applied) return {};
  return { [LABEL.applied]: printApplied({ ...applied, facets: withoutNixpkgs(applied.facets) }) };
}
