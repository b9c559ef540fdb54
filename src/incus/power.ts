import { readFileSync } from 'node:fs';
import type { Incus } from '../ports.js';
import { FailedProgram } from '../problem.js';
import { write } from './attempt.js';
import { IncusError } from './http.js';
import { consoleLines } from './inside.js';
import { OperationTimeout, type Rest } from './operations.js';
import { at, type OwnInstances } from './own.js';

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 30_000;
const START_ATTEMPTS = 3;
const START_PAUSE_MS = 1000;
const SECOND_LOOK_MS = 100;

/** Starting and stopping. */
export function powerOf(rest: Rest, own: OwnInstances): Pick<Incus, 'start' | 'unfreeze' | 'stop'> {
  const setState = (name: string, body: object, limitMs: number) =>
    rest.write('PUT', at(name, '/state'), { body }, limitMs);
  const statusOf = async (name: string) => (await own.find(name))?.instance.status ?? 'Stopped';

  /**
   * A guest that has just died reads as stopped while the daemon still clears its devices away, and a start in
   * that moment fails for want of them ("Failed to create detached mount" in lxc.log): a moment later it works.
   */
  async function startPatiently(name: string): Promise<void> {
    for (let n = 1; (await own.get(name)).instance.status !== 'Running'; n++) {
      try {
        await setState(name, { action: 'start', timeout: 30 }, START_LIMIT_MS);
        return;
      } catch (error) {
        if (!(error instanceof IncusError) || n >= START_ATTEMPTS) throw error;
        await pause(START_PAUSE_MS);
      }
    }
  }

  return {
    start: (name) =>
      write(`starting \`${name}\``, async () => {
        await startPatiently(name).catch(async (error: unknown) => {
          throw isDeath(error) ? await deadAtOnce(name, rest) : error;
        });
        // The daemon can report success for a guest whose init has already ended.
        await pause(SECOND_LOOK_MS);
        if (!(await isAlive(name, rest))) throw await deadAtOnce(name, rest);
      }),

    unfreeze: (name) =>
      write(`unfreezing \`${name}\``, async () => {
        if ((await own.get(name)).instance.status !== 'Frozen') return;
        await setState(name, { action: 'unfreeze', timeout: 30 }, START_LIMIT_MS);
      }),

    stop: (name, graceMs) =>
      write(`stopping \`${name}\``, async () => {
        const status = await statusOf(name);
        if (status === 'Stopped') return;
        try {
          // A frozen guest would sleep through its grace.
          if (status === 'Frozen') await setState(name, { action: 'unfreeze', timeout: 30 }, STOP_LIMIT_MS);
          const grace = { action: 'stop', timeout: Math.ceil(graceMs / 1000) };
          await setState(name, grace, graceMs + STOP_LIMIT_MS);
        } catch (error) {
          if ((await statusOf(name)) === 'Stopped') return;
          if (!(error instanceof IncusError || error instanceof OperationTimeout)) throw error;
          await setState(name, { action: 'stop', force: true, timeout: 30 }, STOP_LIMIT_MS);
        }
      }),
  };
}

/** A dead guest that is still being cleared away reads as running now and then, but has no init to ask about. */
async function isAlive(name: string, rest: Rest): Promise<boolean> {
  try {
    const found = await rest.get(at(name, '/state'));
    return (found?.metadata as { status?: string } | undefined)?.status === 'Running';
  } catch (error) {
    if (error instanceof IncusError && error.message.includes('Invalid PID')) return false;
    throw error;
  }
}

/** What the daemon says of a proxy device for a guest that has died before the device was added. */
function isDeath(error: unknown): boolean {
  return error instanceof IncusError && error.message.includes('namespace file descriptor');
}

async function deadAtOnce(name: string, rest: Rest): Promise<FailedProgram> {
  const log = await consoleLines(name, rest).catch((error: unknown) => {
    if (!(error instanceof IncusError)) throw error;
    return [`its console cannot be read: ${error.message}`];
  });
  const message = `starting \`${name}\`: it started and was dead at once`;
  const hint = inotifyHint(log);
  return new FailedProgram(hint === null ? { message } : { message, hint }, log);
}

const INOTIFY = 'fs.inotify.max_user_instances';

/** The kernel counts inotify instances for all containers together; systemd dies without its eight or so. */
function inotifyHint(log: readonly string[]): string | null {
  if (!log.some((line) => /too many open files/i.test(line))) return null;
  const limit = readFileSync(`/proc/sys/${INOTIFY.replaceAll('.', '/')}`, 'utf8').trim();
  return (
    `all containers together may have ${limit} inotify instances here, and each needs about eight: ` +
    `as root, \`sysctl -w ${INOTIFY}=8192\`, and a file in /etc/sysctl.d to keep it`
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
