import { createHash } from 'node:crypto';
import { socketPath } from '../incus/http.js';
import { EXIT, ProblemError } from '../problem.js';
import type { Context, GlobalOptions } from './context.js';
import { holderOf, takeSocket } from './lock-socket.js';
import { notice } from './notice.js';
import type { Project } from './project.js';
import { userName } from './user.js';

/** `lockWait`: how long another run is waited for, ms; 0: not at all. `dryRun`: nothing is written. */
export type LockOptions = GlobalOptions & { readonly lockWait: number; readonly dryRun?: boolean };

/** Between two attempts at least, ms. */
const PAUSE_MS = 100;
/** So often a holder that is just leaving is not worth a word. */
const TRIES = 3;

/**
 * One writer per project and daemon. Readers never take the lock, nor does a dry run. What `read` gives is checked before anybody is
 * waited for, and read again under the lock: `work` must not go by what another run has changed meanwhile.
 */
export async function withLock<P extends Project, T>(
  read: () => Promise<P>,
  options: LockOptions,
  context: Context,
  work: (project: P) => Promise<T>,
): Promise<T> {
  if (options.dryRun === true) return work(await read());
  const { project } = (await read()).manifest;
  const release = await holdProject(project, options, context);
  try {
    const found = await read();
    if (found.manifest.project === project) return await work(found);
    throw new ProblemError({
      message: `while \`${project}\` was waited for, the manifest became that of \`${found.manifest.project}\``,
      hint: 'run the same command again',
    });
  } finally {
    await release();
  }
}

/** Resolves with what frees it. Exit code 75 when it is still held after `lockWait`. */
export async function holdProject(
  project: string,
  options: LockOptions,
  context: Context,
): Promise<() => Promise<void>> {
  const name = socketName(project, context.env);
  const deadline = Date.now() + options.lockWait;
  let told = false;
  for (let turn = 0; ; turn++) {
    const release = await takeSocket(name, ownWords(context.argv));
    if (release) return release;
    const holder = await holderOf(name);
    if (holder.words === null && turn < TRIES) continue;
    const words = holder.words ?? 'one that ends';
    const left = deadline - Date.now();
    if (left > 0) {
      if (!told) notice('waiting', `waiting for \`${project}\`, held by ${words}`, options, context);
      told = true;
      await within(left, Promise.all([holder.gone, pause(PAUSE_MS)]));
    }
    holder.leave();
    if (left <= 0) throw heldBy(words, project, options.lockWait);
  }
}

/** Longer than 107 bytes, such names are cut off without a word. */
function socketName(project: string, env: Context['env']): string {
  const scope = createHash('sha256')
    .update(`${socketPath(env)} ${project}`)
    .digest('hex');
  return `\0pets-${scope}`;
}

function ownWords(argv: readonly string[]): string {
  const command = `pets ${argv.join(' ')}`.replace(/\p{Cc}/gu, ' ').slice(0, 200);
  return `${userName()}, process ${process.pid}, \`${command}\`, since ${new Date().toISOString()}`;
}

function heldBy(holder: string, project: string, waitedMs: number): ProblemError {
  const after = waitedMs > 0 ? ` after ${Math.round(waitedMs / 1000)} s` : '';
  return new ProblemError(
    {
      message: `another run holds the project \`${project}\`${after}: ${holder}`,
      hint: 'run the same command again when it has ended; `--lock-wait 10m` waits for that',
    },
    EXIT.locked,
  );
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
