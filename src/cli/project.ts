import { existsSync, lstatSync, statSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { desiredFrom, hostPaths, localFiles, localRefs, type PathKind } from '../manifest/desired.js';
import { emptyLock, parseLock } from '../manifest/lock.js';
import { readManifest } from '../manifest/read.js';
import { DEPLOYED } from '../marks.js';
import type { AppName, ContentHash, Desired, FlakeRef, Lock, Manifest } from '../model.js';
import { closureHash } from '../nix/closure.js';
import { contentHash } from '../nix/source.js';
import type { Exec } from '../ports.js';
import { EXIT, ProblemError, type KeyPath, type Problem } from '../problem.js';
import type { Vault } from '../secrets/vault.js';
import type { Context } from './context.js';
import { deployedProject } from './deployed.js';
import { secretsFor } from './vault.js';

/** A manifest, read and checked: one on disk, or what `pets deploy` goes by. */
export type Project = {
  readonly manifest: Manifest;
  /** Of apps that do not say; null: the usual one. */
  readonly nixpkgs: FlakeRef | null;
  readonly lock: Lock;
  /** Null: nothing is pinned for later. */
  readonly lockPath: string | null;
  /** Absolute real paths of the manifest, its lock and plain secrets: never part of an app's source, and so in no store. */
  readonly ownFiles: ReadonlySet<string>;
  /** Not read yet. */
  readonly secrets: Vault;
  readonly locate: (path: KeyPath) => Pick<Problem, 'place' | 'excerpt'>;
};

/** Nobody named a manifest, and there is none. */
export class NoManifest extends ProblemError {}

export async function readProject(context: Context, file: string | undefined): Promise<Project> {
  const project = await readProjectIfAny(context, file);
  if (project) return project;
  throw new NoManifest(
    {
      message: `there is no pets.toml in ${context.cwd} or above it`,
      hint: '`pets init` writes one; --file names another',
    },
    EXIT.manifest,
  );
}

/** Null where none is named and there is none. */
export async function readProjectIfAny(context: Context, file: string | undefined): Promise<Project | null> {
  if (file === DEPLOYED) return deployedProject(context);
  const path = await findManifest(context, file);
  if (path === null) return null;
  const shown = relative(context.cwd, path).startsWith('..') ? path : relative(context.cwd, path);
  const text = await readText(path, shown);
  const read = readManifest(text, { file: shown, directory: dirname(path) });
  if (!read.ok) throw new ProblemError(read.problems, EXIT.manifest);
  const lockPath = join(dirname(path), `${basename(path, '.toml')}.lock`);
  const lock = await readLock(lockPath);
  return {
    manifest: read.manifest,
    nixpkgs: read.nixpkgs,
    locate: read.locate,
    secrets: secretsFor(read.manifest.project, dirname(path), context),
    lock,
    lockPath,
    ownFiles: new Set([path, lockPath, ...(await secretFiles(read.manifest))]),
  };
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

/** `-f`, else pets.toml here or above, up to the repository's root. */
async function findManifest({ cwd }: Context, file: string | undefined): Promise<string | null> {
  if (file !== undefined && file !== '') {
    const given = resolve(cwd, file);
    const path = lstatSync(given, { throwIfNoEntry: false })?.isDirectory()
      ? join(given, 'pets.toml')
      : given;
    if (existsSync(path)) return realpath(path);
    const hint = 'check the path given with --file or PETS_FILE';
    throw new ProblemError({ message: `there is no ${path === given ? file : path}`, hint }, EXIT.manifest);
  }
  for (let at = cwd; ; at = dirname(at)) {
    const path = join(at, 'pets.toml');
    if (existsSync(path)) return realpath(path);
    if (existsSync(join(at, '.git')) || at === dirname(at)) return null;
  }
}

async function readText(path: string, shown: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new ProblemError(
      { message: `cannot read ${shown}: ${error instanceof Error ? error.message : String(error)}` },
      EXIT.manifest,
    );
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProblemError(
      { message: `${shown} is not valid UTF-8`, hint: 'save it as UTF-8' },
      EXIT.manifest,
    );
  }
}

async function readLock(path: string): Promise<Lock> {
  if (!existsSync(path)) return emptyLock;
  const read = parseLock(await readText(path, basename(path)), basename(path));
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

/**
 * What the manifest asks for, with what its local sources and paths are now. `only`: the apps that were selected;
 * nothing else's secrets are read.
 */
export async function desireOf(
  { manifest, lock, ownFiles, secrets }: Project,
  exec: Exec,
  only: ReadonlySet<AppName> | null,
): Promise<Desired> {
  const selected = manifest.apps.filter(({ name }) => only === null || only.has(name));
  const [contentHashes, fileHashes, reads] = await Promise.all([
    byKey(localRefs(manifest).map((ref) => [ref.url, contentHash(ref, ownFiles, exec)])),
    byKey(localFiles(manifest).map((file) => [file.path, closureHash(file, ownFiles, exec)])),
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
export function located(problems: readonly Problem[], { locate }: Pick<Project, 'locate'>): Problem[] {
  return problems.map((problem) =>
    problem.path && !problem.place ? { ...problem, ...locate(problem.path) } : problem,
  );
}
