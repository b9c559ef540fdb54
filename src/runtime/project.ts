import { lstatSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SCHEMA_FILE } from '../flake-contract/templates.js';
import { desiredFrom, hostPaths, localFiles, localRefs } from '../manifest/desired.js';
import type { PathKind, ContentHash, Desired } from '../domain/desired.js';
import { emptyLock, parseLock, renamePins } from '../manifest/lock.js';
import { readManifest } from '../manifest/read.js';
import { DEPLOYED } from '../domain/labels.js';
import type { AppName } from '../domain/names.js';
import type { Lock, Manifest } from '../domain/manifest.js';
import { closureHash } from '../nix/closure.js';
import type { Reading } from '../nix/files.js';
import { contentHash } from '../nix/source.js';
import { EXIT, ProblemError, type Problem } from '../domain/problem.js';
import { TELL_MS, type Tell } from '../lib/progress.js';
import type { Programs } from '../lib/program.js';
import type { Daemons } from './daemons.js';
import { deployedProject } from './deployed.js';
import { lockText, manifestFile, type Named } from './manifest-file.js';
import type { Output } from './output.js';
import type { Project, Teller } from './project-type.js';
import type { State } from './state.js';

export type { Project } from './project-type.js';

/** Nobody named a manifest, and there is none. */
export class NoManifest extends ProblemError {}

/** Its manifest, or the lock of that, is wrong somewhere. */
export class UnreadableProject extends ProblemError {
  /** As far as these could be read; null: not even what the project is called. */
  readonly teller: Teller | null;

  constructor(problems: readonly Problem[], teller: Teller | null) {
    super(problems, EXIT.manifest);
    this.teller = teller;
  }
}

/** What a project is read with. */
export type Reader = Named & { readonly state: State; readonly daemons: Daemons };

export async function readProject(reader: Reader): Promise<Project> {
  const project = await readProjectIfAny(reader);
  if (project) return project;
  throw new NoManifest(
    {
      code: 'manifest-missing',
      message: `there is no pets.toml in ${reader.cwd} or above it`,
      hint: '`pets init` writes one; --file names another; --deployed goes by what `pets deploy` made',
    },
    EXIT.manifest,
  );
}

/** Null where none is named and there is none. */
export async function readProjectIfAny(reader: Reader): Promise<Project | null> {
  if (reader.file === DEPLOYED) return deployedProject(reader);
  const found = await manifestFile(reader);
  if (found === null) return null;
  const { text, shown, path, directory, lockPath } = found;
  const read = readManifest(text, { file: shown, directory });
  if (!read.ok) {
    const { project, notify } = read;
    throw new UnreadableProject(
      read.problems,
      project === null ? null : { manifest: { project }, notify, path },
    );
  }
  // An update of pets writes another schema: no app is to change for it.
  const own = [path, lockPath, join(directory, SCHEMA_FILE)].filter((one) => one !== null);
  return {
    manifest: read.manifest,
    nixpkgs: read.nixpkgs,
    notify: read.notify,
    locate: read.locate,
    secrets: reader.state.vault(read.manifest.project, directory),
    lock: lockOf(found, read),
    path,
    lockPath,
    ownFiles: new Set([...own, ...(await secretFiles(read.manifest))]),
  };
}

function lockOf(
  { path, lockPath }: Pick<Project, 'path' | 'lockPath'>,
  { manifest, notify }: Pick<Project, 'manifest' | 'notify'>,
): Lock {
  try {
    return lockPath === null ? emptyLock : lockAt(lockPath, manifest);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    throw new UnreadableProject(error.problems, { manifest, notify, path });
  }
}

/** Those that hold a secret as it is; where one is a link, what it leads to as well. */
async function secretFiles({ apps }: Manifest): Promise<readonly string[]> {
  const files = apps.flatMap(({ secrets }) =>
    secrets.flatMap(({ source }) => (source.kind === 'file' ? [source.file.path] : [])),
  );
  const real = files.map(async (file) => {
    const folder = await realpath(dirname(file)).catch(() => dirname(file));
    return [join(folder, basename(file)), await realpath(file).catch(() => file)];
  });
  return (await Promise.all(real)).flat();
}

/** What a lock says now, of a manifest's apps by the names that they have. */
export function lockAt(path: string, { apps }: Pick<Manifest, 'apps'>): Lock {
  return renamePins(readLock(path), apps);
}

function readLock(path: string): Lock {
  const text = lockText(path);
  if (text === null) return emptyLock;
  const read = parseLock(text, basename(path));
  if (!read.ok) throw new ProblemError(read.problems, EXIT.manifest);
  return read.lock;
}

const PLATFORMS: Readonly<Record<string, string>> = {
  x64: 'x86_64-linux',
  arm64: 'aarch64-linux',
  riscv64: 'riscv64-linux',
};
/** Nix' name of this host's. */
export const PLATFORM = PLATFORMS[process.arch] ?? `${process.arch}-linux`;

type Desiring = {
  readonly programs: Pick<Programs, 'exec'>;
  readonly output: Pick<Output, 'tell'>;
};

/**
 * What the manifest asks for, with what its local sources and paths are now. `only`: the apps that were selected;
 * nothing else's secrets are read. It tells how far it is, where that takes longer than a second.
 */
export async function resolveDesired(
  { programs: { exec }, output }: Desiring,
  { manifest, lock, ownFiles, secrets }: Project,
  only: ReadonlySet<AppName> | null,
): Promise<Desired> {
  const selected = manifest.apps.filter(({ name }) => only === null || only.has(name));
  const [[contentHashes, fileHashes], reads] = await Promise.all([
    telling(output.tell(null), (reading) =>
      Promise.all([
        byKey(localRefs(manifest).map((ref) => [ref.url, contentHash(ref, ownFiles, exec, reading)])),
        byKey(localFiles(manifest).map((file) => [file.path, closureHash(file, ownFiles, exec, reading)])),
      ]),
    ),
    secrets.read(selected),
  ]);
  const paths = Object.fromEntries(hostPaths(manifest).map((path) => [path, kindOf(path)]));
  return desiredFrom(manifest, {
    lock,
    contentHashes,
    fileHashes,
    paths,
    secrets: reads,
    platform: PLATFORM,
  });
}

/** Tells how much has been read of the sources while that takes its time. How much there will be nobody knows. */
async function telling<T>(tell: Tell, read: (reading: Reading) => Promise<T>): Promise<T> {
  const reading = { files: 0, bytes: 0 };
  const look = () => {
    tell({ what: 'reading the sources', done: reading.bytes, total: null });
  };
  look();
  const timer = setInterval(look, TELL_MS);
  try {
    return await read(reading);
  } finally {
    clearInterval(timer);
    tell(null);
  }
}

type Hashes = Readonly<Record<string, ContentHash>>;

async function byKey(pairs: readonly (readonly [string, Promise<ContentHash>])[]): Promise<Hashes> {
  const entries = pairs.map(async ([key, hash]): Promise<[string, ContentHash]> => [key, await hash]);
  return Object.fromEntries(await Promise.all(entries));
}

function kindOf(path: string): PathKind {
  const found = statSync(path, { throwIfNoEntry: false });
  // A link that leads nowhere stands there all the same.
  if (!found) return lstatSync(path, { throwIfNoEntry: false }) ? 'file' : 'missing';
  if (found.isDirectory()) return 'folder';
  return found.isSocket() ? 'socket' : 'file';
}

/** Problems that name a key get its place in the file. */
export function locateProblems(problems: readonly Problem[], { locate }: Pick<Project, 'locate'>): Problem[] {
  return problems.map((problem) =>
    problem.path && !problem.place ? { ...problem, ...locate(problem.path) } : problem,
  );
}
