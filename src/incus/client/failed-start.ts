import { readFileSync } from 'node:fs';
import { FailedProgram } from '../../domain/problem.js';
import { IncusError } from './http.js';
import { consoleLines } from './inside.js';
import type { RestClient } from './operations.js';
import { instanceUrl } from './own.js';

/** The daemon's own program that starts a container, by its name up to 7.0 and from 7.0.1 on. */
const START_PROGRAM = /\bfork(?:start|lxc)\b/;

/** The error of a start that failed, with what the guest or LXC said about it. */
export async function failedStart(name: string, error: unknown, rest: RestClient): Promise<unknown> {
  if (!(error instanceof IncusError)) return error;
  // What the daemon says of a proxy device for a guest that has died before the device was added.
  if (error.message.includes('namespace file descriptor')) return deadAtOnce(name, rest);
  // Of the program that starts a container it says the exit status only.
  if (!START_PROGRAM.test(error.message)) return error;
  const log = await lxcErrorsOf(name, rest);
  if (log[0] === undefined) return error;
  const hint = `look at \`incus info --show-log ${name}\``;
  return new FailedProgram({ code: 'start-failed', message: `starting \`${name}\`: ${log[0]}`, hint }, log);
}

/** What LXC says of the last start, which may be nothing. */
export async function lxcErrorsOf(name: string, rest: RestClient): Promise<readonly string[]> {
  const { status, body } = await rest.raw('GET', instanceUrl(name, '/logs/lxc.log'));
  return status === 200 ? lxcErrors(body) : [];
}

/** `lxc web 20261121194251.867 ERROR    start - ../src/lxc/start.c:start:2197 - No such file or directory - Failed to …` */
const LXC_ERROR = /^lxc \S+ [\d.]+ ERROR +\S+ - \S+:\d+ - (.+)$/;
/** What goes wrong first is the cause; the rest tells who noticed, one after the other. */
const LXC_LINES = 5;

/** The first errors in LXC's log of one start; what it says without a container's name is the daemon asking in vain. */
export function lxcErrors(log: string): readonly string[] {
  const messages = log.split('\n').flatMap((line) => LXC_ERROR.exec(line)?.[1] ?? []);
  return messages.slice(0, LXC_LINES).map((message) => {
    const [, reason, what] = /^([A-Z][A-Za-z,/ -]*?) - (.+)$/.exec(message) ?? [];
    const text = reason === undefined || what === undefined ? message : `${what}: ${reason}`;
    // Where LXC has the guest's root while it sets it up: what is left is the guest's path.
    return text.replaceAll(/\/[^\s"]*\/lxc\/rootfs(?=\/)/g, '');
  });
}

export async function deadAtOnce(name: string, rest: RestClient): Promise<FailedProgram> {
  const log = await consoleLines(name, rest).catch((error: unknown) => {
    if (!(error instanceof IncusError)) throw error;
    return [`its console cannot be read: ${error.message}`];
  });
  const message = `starting \`${name}\`: it started and was dead at once`;
  const hint = inotifyHint(log);
  return new FailedProgram({ code: 'guest-died', message, ...(hint !== null && { hint }) }, log);
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
