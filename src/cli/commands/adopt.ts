import { MODES, rewriteFile } from '../../lib/files.js';
import { basename, dirname } from 'node:path';
import { instanceOf } from '../../stores/stores.js';
import { handProfileOver } from '../../stores/host-directory.js';
import { appendTable, printTable } from '../../manifest/keys/app-table.js';
import { readManifest } from '../../manifest/read.js';
import { nixpkgsIdentityIn, sourceIn } from '../../facets/system.js';
import { DEPLOYED, LABEL, printPetState } from '../../domain/labels.js';
import { capabilitiesOf, storeIn } from '../../domain/store-mode.js';
import { parseApplied } from '../../domain/records.js';
import type { AppName } from '../../domain/names.js';
import type { AppTable, Locked, Manifest } from '../../domain/manifest.js';
import type { InstanceJson } from '../../domain/services.js';
import { EXIT, ProblemError, type ExitCode, type Problem } from '../../domain/problem.js';
import { readRegular } from '../../lib/regular-file.js';
import { adoptable, tableFor, type AdoptOptions } from '../../runtime/adoptable.js';
import { LOCAL } from '../../runtime/daemons.js';
import type { Runtime } from '../../runtime/runtime.js';
import { MOST_MANIFEST } from '../../runtime/manifest-file.js';
import { locateProblems, type Project } from '../../runtime/project.js';
import { marksOf, recordWithoutNixpkgs } from '../../runtime/deployed.js';
import { holdProject, withLock } from '../../runtime/project-lock.js';
import { lockFileOf, portsFor } from '../../runtime/wire.js';
import type { CommandLine } from '../command-line.js';
import { examples, withLockOptions } from '../options.js';

export function addAdopt({ program, actionOf }: CommandLine): void {
  withLockOptions(program.command('adopt <name>'))
    .summary('take a container that has no manifest into this one')
    .description(
      "Prints the table that the manifest would have for a container of `pets deploy` or of incus-pet. With --write it is appended to the manifest, and the container is the project's from then on, with its data and its generations.",
    )
    .option('--write', 'insert it, and hand the container over', false)
    .option('--force', 'also one that bears no mark; it needs --flake-ref', false)
    .option('--flake-ref <ref>', 'the flake that it is to be made from')
    .addHelpText(
      'after',
      examples(
        'pets adopt blog',
        'pets adopt blog --write',
        'pets adopt old --write --force --flake-ref ./old',
      ),
    )
    .action(actionOf(adopt));
}

/** Hands a container over to the manifest's project; without `--write` it only prints the table it would insert. */
async function adopt(runtime: Runtime, options: AdoptOptions, name: string): Promise<ExitCode> {
  const read = async () => {
    const project = await runtime.project();
    const instance = adoptable(name, await instances(runtime, project), project.manifest.project, options);
    return { ...project, instance, insertion: await insertionOf(runtime, options, instance, project) };
  };
  if (!options.write) {
    const { insertion } = await read();
    runtime.output.write(insertion.table);
    return EXIT.ok;
  }
  return withLock(runtime, { ...options, read }, async (found) => {
    const release = await holdProject(runtime, DEPLOYED, options);
    try {
      // A deploy may have changed it until a moment ago.
      await runtime.daemons.get(LOCAL).incus(DEPLOYED).waitForOperations();
      const now = await read();
      await runtime.draining(() => carryOver(runtime, now));
    } finally {
      await release();
    }
    runtime.output.notice(
      'note',
      `\`${name}\` is an app of \`${found.manifest.project}\`; \`pets diff\` shows what is left to do`,
    );
    return EXIT.ok;
  });
}

function instances({ daemons }: Runtime, { manifest }: Project): Promise<readonly InstanceJson[]> {
  return daemons.get(LOCAL).incus(manifest.project).instances();
}

/** What there is to be written. `text`: the whole manifest with the table; null: it has it already. */
type Insertion = {
  readonly path: string;
  readonly keys: AppTable;
  readonly table: string;
  readonly text: string | null;
  /** By URL: what the container's system was made of, as far as `pets.lock` says nothing else. */
  readonly pins: Readonly<Record<string, Locked>>;
};

async function insertionOf(
  runtime: Runtime,
  options: AdoptOptions,
  instance: InstanceJson,
  project: Project,
): Promise<Insertion> {
  const { name, config } = instance;
  const { manifest } = project;
  const { path } = project;
  if (path === null) {
    const hint = 'leave out --deployed, and name it with --file';
    throw new ProblemError(
      { code: 'manifest-read-only', message: 'adopt writes in a manifest, which is a file', hint },
      EXIT.usage,
    );
  }
  const keys = tableFor(instance, options, runtime.cwd);
  const text = readRegular(path, MOST_MANIFEST).toString();
  const extended = withTable(text, keys, project, path);
  if (manifest.apps.some((app) => app.name === name)) {
    const isOurs = [config[LABEL.project], config[LABEL.adopting]].includes(manifest.project);
    if (!isOurs && options.write) throw alreadyThere(name, project);
    return { path, keys, table: extended.table, text: null, pins: {} };
  }
  const pins = await pinsOf(runtime, instance, extended.manifest, project);
  return { path, keys, table: extended.table, text: extended.text, pins };
}

function alreadyThere(name: string, project: Project): ProblemError {
  const problem: Problem = {
    code: 'manifest-conflict',
    message: `the manifest has an app \`${name}\` already`,
    path: ['apps', name],
    hint: `remove it there, and \`pets adopt ${name} --write\` inserts one that fits the container`,
  };
  return new ProblemError(locateProblems([problem], project), EXIT.manifest);
}

type Extended = { readonly table: string; readonly text: string; readonly manifest: Manifest };

/** `nixpkgs` is written only where it is not what the manifest would take. */
function withTable(text: string, { nixpkgs, ...keys }: AppTable, project: Project, path: string): Extended {
  const plain = extend(text, { ...keys, nixpkgs: null }, project, path);
  const usual = plain.manifest.apps.find(({ name }) => name === keys.name)?.nixpkgs?.written;
  return nixpkgs === null || nixpkgs === usual ? plain : extend(text, { ...keys, nixpkgs }, project, path);
}

/** A manifest that cannot take the table stays as it is. */
function extend(text: string, keys: AppTable, project: Project, path: string): Extended {
  const table = printTable(keys);
  const { manifest } = project;
  if (manifest.apps.some(({ name }) => name === keys.name)) return { table, text, manifest };
  const extended = appendTable(text, table);
  const read = readManifest(extended, { file: basename(path), directory: dirname(path) });
  if (read.ok) return { table, text: extended, manifest: read.manifest };
  throw new ProblemError(
    [
      {
        code: 'manifest-conflict',
        message: `${basename(path)} cannot take [apps.${keys.name}]; it stays as it is`,
      },
      ...read.problems,
    ],
    EXIT.manifest,
  );
}

/** Else the next `up` would take the newest of everything. */
async function pinsOf(
  runtime: Runtime,
  { name, config }: InstanceJson,
  manifest: Manifest,
  project: Project,
): Promise<Insertion['pins']> {
  const facets = parseApplied(config[LABEL.applied])?.facets;
  const app = manifest.apps.find((one) => one.name === name);
  if (!app || app.nixpkgs === null || app.source.kind !== 'flake') return {};
  const refs = [
    [app.source.ref, sourceIn(facets)],
    [app.nixpkgs, nixpkgsIdentityIn(facets)],
  ] as const;
  const { nix } = portsFor(runtime, project, 0);
  const pins = refs
    .filter(([{ url, directory }]) => directory === undefined && !Object.hasOwn(project.lock.refs, url))
    .flatMap(([{ url }, identity]) => {
      const locked = identity?.split('#')[0] ?? '';
      return locked === '' || locked.startsWith('unlocked:') ? [] : [[url, nix.lock(locked)] as const];
    });
  return Object.fromEntries(await Promise.all(pins.map(async ([url, lock]) => [url, await lock] as const)));
}

type Found = Project & { readonly instance: InstanceJson; readonly insertion: Insertion };

/** In an order in which it can be cut short anywhere: a second one, which finds the mark, does what is left. */
async function carryOver({ daemons }: Runtime, { instance, insertion, ...project }: Found): Promise<void> {
  const { name, config } = instance;
  const to = project.manifest.project;
  const from = config[LABEL.project] ?? null;
  const move = daemons.of(name).handOver({ name, from, to });
  if (from !== to) await move.begin(marksOf(insertion.keys));
  const lockFile = lockFileOf(project);
  for (const [url, locked] of Object.entries(insertion.pins)) await lockFile.add(url, locked);
  if (insertion.text !== null) await rewriteFile(insertion.path, insertion.text, MODES.shared.file);
  if (from === to) return;
  const store = from === null ? null : storeIn(instance.devices);
  if (from !== null && store !== null && capabilitiesOf(store).hasHostProfile)
    await handProfileOver(name as AppName, from, to);
  await move.volumes();
  await move.instance({
    config: from === null ? printPetState('ready') : recordWithoutNixpkgs(config),
    devices: store === null ? {} : instanceOf(to, name, store).devices,
  });
}
