import { existsSync, lstatSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { instanceOf, profileTarget } from '../deliver/shared.js';
import { incusOver } from '../incus/client.js';
import { hostView } from '../incus/host.js';
import { socketPath } from '../incus/http.js';
import { actualFrom } from '../incus/observe.js';
import { desiredFrom, localRefs } from '../manifest/desired.js';
import { emptyLock, parseLock } from '../manifest/lock.js';
import { readManifest } from '../manifest/read.js';
import type { Actual, Desired, Lock, Manifest } from '../model.js';
import { contentHash } from '../nix/source.js';
import type { Exec } from '../ports.js';
import { EXIT, ProblemError, type KeyPath, type Problem } from '../problem.js';
import type { Context } from './context.js';

/** A manifest on disk, read and checked. */
export type Project = {
  readonly manifest: Manifest;
  readonly lock: Lock;
  readonly lockPath: string;
  /** Absolute real paths of the manifest and its lock: never part of an app's source. */
  readonly ownFiles: ReadonlySet<string>;
  readonly locate: (path: KeyPath) => Pick<Problem, 'place' | 'excerpt'>;
};

export async function readProject(context: Context, file: string | undefined): Promise<Project> {
  const path = await findManifest(context, file);
  const shown = relative(context.cwd, path).startsWith('..') ? path : relative(context.cwd, path);
  const text = await readText(path, shown);
  const read = readManifest(text, { file: shown, directory: dirname(path) });
  if (!read.ok) throw new ProblemError(read.problems, EXIT.manifest);
  const lockPath = join(dirname(path), `${basename(path, '.toml')}.lock`);
  const lock = await readLock(lockPath);
  return {
    manifest: read.manifest,
    locate: read.locate,
    lock,
    lockPath,
    ownFiles: new Set([path, lockPath]),
  };
}

/** `-f`, else pets.toml here or above, up to the repository's root. */
async function findManifest({ cwd }: Context, file: string | undefined): Promise<string> {
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
    if (existsSync(join(at, '.git')) || at === dirname(at)) break;
  }
  throw new ProblemError(
    {
      message: `there is no pets.toml in ${cwd} or above it`,
      hint: 'write one (see pets.toml.example), or name it with --file',
    },
    EXIT.manifest,
  );
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

/** What the manifest asks for, with the content of local sources. */
export async function desireOf({ manifest, lock, ownFiles }: Project, exec: Exec): Promise<Desired> {
  const refs = localRefs(manifest);
  const hashes = await Promise.all(
    refs.map(async (ref) => [ref.url, await contentHash(ref, ownFiles, exec)] as const),
  );
  const platform = PLATFORMS[process.arch] ?? `${process.arch}-linux`;
  return desiredFrom(manifest, { lock, contentHashes: Object.fromEntries(hashes), platform });
}

const SETTLE_MS = 10_000;

/**
 * What is there: one request to the daemon, the rest from the kernel and two links per app. A daemon that is
 * still at a change (of a run that was killed, say) is waited for: what it shows now is not what will be.
 */
export async function observe(
  project: string,
  ports: ReadonlySet<number>,
  env: Context['env'],
): Promise<Actual> {
  const incus = incusOver(socketPath(env), project);
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const instances = await incus.instances();
    const actual = actualFrom(
      project,
      ports,
      instances,
      hostView({
        profile: (app) => profileTarget(project, app),
        made: (app) => instanceOf(project, app),
      }),
    );
    if (!actual.claims.some((claim) => claim.passing) || Date.now() > deadline) return actual;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export function wantedPorts(desired: Desired): Set<number> {
  return new Set(desired.apps.flatMap((app) => (app.listen ? [app.listen.port] : [])));
}

/** Problems that name a key get its place in the file. */
export function located(problems: readonly Problem[], { locate }: Pick<Project, 'locate'>): Problem[] {
  return problems.map((problem) =>
    problem.path && !problem.place ? { ...problem, ...locate(problem.path) } : problem,
  );
}
