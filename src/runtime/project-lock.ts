import { endsWithin, sleep } from '../lib/wait.js';
import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { EXIT, ProblemError } from '../domain/problem.js';
import type { Daemon } from './daemons.js';
import { takeLock, type Holder, type LockPlace, type Release } from '../state/lock-socket.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';
import { userName } from './user.js';

/** `lockWait`: how long another run is waited for, ms; 0: not at all. `dryRun`: nothing is written. */
export type LockOptions = { readonly lockWait: number; readonly dryRun?: boolean };

type Holding = Pick<Runtime, 'argv' | 'output' | 'daemons'>;

/** Between two attempts at least, ms. */
const PAUSE_MS = 100;
/** So often one that is just leaving, or may yet step back, is not worth a word. */
const TRIES = 20;
/** What a daemon takes to say who it is. */
const ANSWER_MS = 5_000;
/** Emptied at each boot, and the same for all users and services of a host, which /tmp is not. */
const FOLDER = '/dev/shm';

/**
 * One writer per project and daemon. Readers never take the lock, nor does a dry run. What `read` gives is checked before anybody is
 * waited for, and read again under the lock: `work` must not go by what another run has changed meanwhile.
 */
export async function withLock<P extends Project, T>(
  runtime: Holding,
  { read, ...options }: LockOptions & { readonly read: () => Promise<P> },
  work: (project: P) => Promise<T>,
): Promise<T> {
  if (options.dryRun === true) return work(await read());
  const { project } = (await read()).manifest;
  const release = await holdProject(runtime, project, options);
  try {
    const found = await read();
    if (found.manifest.project === project) return await work(found);
    throw new ProblemError({
      code: 'manifest-changed',
      message: `while \`${project}\` was waited for, the manifest became that of \`${found.manifest.project}\``,
      hint: 'run the same command again',
    });
  } finally {
    await release();
  }
}

/** Resolves with what frees it. Exit code 75 when it is still held after `lockWait`. */
export async function holdProject(runtime: Holding, project: string, options: LockOptions): Promise<Release> {
  const deadline = Date.now() + options.lockWait;
  const held: Release[] = [];
  const free = async () => {
    for (const release of held.reverse()) await release();
  };
  try {
    for (const place of await placesOf(project, runtime.daemons.all))
      held.push(await hold(runtime, place, { project, deadline, waitMs: options.lockWait }));
  } catch (error) {
    await free();
    throw error;
  }
  return free;
}

async function hold(
  { argv, output }: Holding,
  place: LockPlace,
  { project, deadline, waitMs }: { project: string; deadline: number; waitMs: number },
): Promise<Release> {
  let told = false;
  for (let turn = 0; ; turn++) {
    const met = await tryLock(place, ownWords(argv));
    if (typeof met === 'function') return met;
    const { words } = met;
    const isPassing = words === null && turn < TRIES;
    const left = isPassing ? PAUSE_MS : deadline - Date.now();
    if (left > 0 && words !== null && !told) {
      output.notice('waiting', `waiting for \`${project}\`, held by ${words}`);
      told = true;
    }
    if (left > 0) await endsWithin(Promise.all([met.gone, sleep(PAUSE_MS)]), left);
    met.leave();
    if (left <= 0) throw heldBy(words ?? 'one that ends', project, waitMs);
  }
}

async function tryLock(place: LockPlace, words: string): Promise<Release | Holder> {
  try {
    return await takeLock(place, words);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new ProblemError(
      { code: 'lock-failed', message: `the project cannot be locked: ${message}` },
      EXIT.unavailable,
    );
  }
}

/**
 * Whoever may open the daemon's socket is its operator: root, and the members of the socket's group. One daemon has many
 * sockets (links, mounts, what forwards to it), so it is asked who it is; the path counts as well, for one that is away.
 */
async function placesOf(project: string, daemons: readonly Daemon[]): Promise<readonly LockPlace[]> {
  return (await Promise.all(daemons.map((daemon) => placesOn(project, daemon)))).flat();
}

async function placesOn(project: string, { socket, ask }: Daemon): Promise<readonly LockPlace[]> {
  const found = await stat(socket).catch(() => null);
  const group = found !== null && (found.mode & GROUP_MAY_WRITE) !== 0 ? found.gid : null;
  const path = await realpath(socket).catch(() => socket);
  const server = (await ask(ANSWER_MS)('/1.0').catch(() => null)) as Server | null;
  const fingerprint = server?.environment?.certificate_fingerprint;
  return [path, fingerprint].flatMap((identity) =>
    identity ? [{ folder: FOLDER, prefix: prefixOf(identity, project), group }] : [],
  );
}

function prefixOf(daemon: string, project: string): string {
  return `pets-${createHash('sha256').update(`${daemon} ${project}`).digest('hex').slice(0, 32)}-`;
}

const GROUP_MAY_WRITE = 0o020;

type Server = { readonly environment?: { readonly certificate_fingerprint?: string } };

function ownWords(argv: readonly string[]): string {
  const command = `pets ${argv.join(' ')}`.replace(/\p{Cc}/gu, ' ').slice(0, 200);
  return `${userName()}, process ${process.pid}, \`${command}\`, since ${new Date().toISOString()}`;
}

function heldBy(holder: string, project: string, waitedMs: number): ProblemError {
  const after = waitedMs > 0 ? ` after ${Math.round(waitedMs / 1000)} s` : '';
  return new ProblemError(
    {
      code: 'project-locked',
      data: { holder },
      message: `another run holds the project \`${project}\`${after}: ${holder}`,
      hint: 'run the same command again when it has ended; `--lock-wait 10m` waits for that',
    },
    EXIT.locked,
  );
}
