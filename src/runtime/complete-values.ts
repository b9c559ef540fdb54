import { join } from 'node:path';
import { idsIn } from '../backup/folder.js';
import { generationsOf } from '../incus/observe/record.js';
import { onePerMarks, type VolumeJson } from '../incus/observe/volume-json.js';
import { holdIn, holdWords } from '../domain/hold.js';
import { DEPLOYED, LABEL } from '../domain/labels.js';
import type { AppName } from '../domain/names.js';
import type { Manifest, ManifestApp } from '../domain/manifest.js';
import type { InstanceJson } from '../domain/services.js';
import { listRuns } from '../state/runs/read.js';
import { placesOf } from './backup-places.js';
import type { Context } from './context.js';
import { isDeployed } from './deployed.js';
import { createRuntime, type Runtime } from './runtime.js';
import { LOCAL } from './daemons.js';

/** What a shell offers: a word, and what it means. */
export type Word = readonly [word: string, meaning: string];

/** A value at the end of a command line. */
export type ValueWanted = {
  /** Of what it is the name: the command, and the argument's name as its usage has it. */
  readonly value: { readonly command: string; readonly name: string; readonly isList: boolean } | null;
  /** The command's arguments so far, without its options. */
  readonly given: readonly string[];
  /** The value of `--file`; DEPLOYED for `--deployed`. */
  readonly file: string | undefined;
};

type Value = NonNullable<ValueWanted['value']>;
type Asked = Pick<ValueWanted, 'given'> & {
  readonly value: Value;
  readonly runtime: Runtime;
  /** Read only where it is asked for. */
  readonly project: () => Promise<Known>;
};
/** What is known of a project without waiting long. */
type Known = {
  readonly project: Manifest['project'];
  readonly apps: readonly (Pick<ManifestApp, 'name' | 'tags'> & Partial<Pick<ManifestApp, 'backup'>>)[];
};
type Source = (asked: Asked) => Promise<readonly Word[]> | readonly Word[];

/** In place of words: the shell's own completion of paths. */
export const FILES = ':files';
export const FOLDERS = ':folders';

/** Where names come from that only the machine has, by the argument's name; a command's own come first. */
const SOURCES: Readonly<Record<string, Source>> = {
  app: apps,
  'unhold app': held,
  generation: generations,
  'app/volume': volumes,
  'runs id': runs,
  'restore id': backups,
  path: () => [[FILES, '']],
  file: () => [[FILES, '']],
  folder: () => [[FOLDERS, '']],
};

/** Nothing where it cannot be had at once: a shell waits for this. */
export async function valuesFor(
  { value, given, file }: ValueWanted,
  context: Context,
): Promise<readonly Word[]> {
  const source = value && (SOURCES[`${value.command} ${value.name}`] ?? SOURCES[value.name]);
  if (!source) return [];
  try {
    const runtime = runtimeOf(file, context);
    return await source({ value, given, runtime, project: () => knownOf(runtime) });
  } catch {
    // On a line that is being written there is no place for what went wrong.
    return [];
  }
}

/** The line that is completed is not parsed: of what it has, only the manifest counts, else what the variables say. */
function runtimeOf(file: string | undefined, context: Context): Runtime {
  const { PETS_FILE: usual, PETS_LOCK_FILE: lockFile } = context.env;
  const named = file ?? usual;
  return createRuntime(context, {
    ...(named !== undefined && { file: named }),
    ...(lockFile !== undefined && { lockFile }),
    ...{ progress: 'quiet', quiet: true, color: 'never' },
  });
}

async function knownOf(runtime: Runtime): Promise<Known> {
  if (runtime.file !== DEPLOYED) return (await runtime.project()).manifest;
  const instances = await instancesOf(runtime);
  const names = instances.filter(isDeployed).map(({ name }) => name as AppName);
  return { project: DEPLOYED, apps: names.sort().map((name) => ({ name, tags: [] })) };
}

async function apps({ value, given, project }: Asked): Promise<Word[]> {
  const known = await project();
  const names = known.apps.map(({ name }): Word => [name, 'app']);
  const tags = [...new Set(known.apps.flatMap(({ tags }) => tags))].sort();
  const selectors = value.isList ? tags.map((tag): Word => [`@${tag}`, 'apps with this tag']) : [];
  return [...names, ...selectors].filter(([name]) => !given.includes(name));
}

async function held({ given, runtime, project }: Asked): Promise<Word[]> {
  const { project: own } = await project();
  const instances = (await instancesOf(runtime)).filter(({ config }) => config[LABEL.project] === own);
  return instances.flatMap(({ name, config }): Word[] => {
    const hold = given.includes(name) ? null : holdIn(config, Date.now());
    return hold ? [[name, holdWords(name, hold)]] : [];
  });
}

/** How long the daemon may take. */
const ANSWER_MS = 1_000;

async function instancesOf(runtime: Runtime): Promise<readonly InstanceJson[]> {
  const ask = runtime.daemons.get(LOCAL).ask(ANSWER_MS);
  return (await ask('/1.0/instances?recursion=1')) as readonly InstanceJson[];
}

async function generations({ given: [app = ''], runtime }: Asked): Promise<Word[]> {
  const ask = runtime.daemons.get(LOCAL).ask(ANSWER_MS);
  const found = (await ask(`/1.0/instances/${encodeURIComponent(app)}`)) as InstanceJson | null;
  return generationsOf(found?.config ?? {}, []).map(({ generation, at }) => [
    String(generation),
    at.slice(0, 16).replace('T', ' '),
  ]);
}

async function volumes({ runtime, project }: Asked): Promise<Word[]> {
  const known = await project();
  const ask = runtime.daemons.get(LOCAL).ask(ANSWER_MS);
  const pools = (await ask('/1.0/storage-pools?recursion=1')) as { name: string; driver: string }[];
  const found = pools.map(async (pool) => {
    const path = `/1.0/storage-pools/${encodeURIComponent(pool.name)}/volumes/custom?recursion=1`;
    return ((await ask(path)) as VolumeJson[]).map((json) => ({ pool, json }));
  });
  const all = (await Promise.all(found)).flat();
  const own = all.filter(({ json }) => json.config[LABEL.project] === known.project);
  return onePerMarks(own).map(({ app, volume, usedBy }) => [
    `${app}/${volume}`,
    usedBy.length > 0 ? `attached to ${usedBy.join(', ')}` : 'kept',
  ]);
}

async function runs({ runtime, project }: Asked): Promise<Word[]> {
  const known = await project();
  const ids = listRuns(runtime.state.runs(known.project));
  return ids.length === 0 ? [] : [['last', 'the newest run'], ...ids.map((id): Word => [id, 'run'])];
}

async function backups({ given: [app = ''], runtime, project }: Asked): Promise<Word[]> {
  const known = await project();
  const ids = await Promise.all(placesOf(runtime, known).map((place) => idsIn(join(place, app))));
  return ids.flat().map((id) => [id, 'backup']);
}
