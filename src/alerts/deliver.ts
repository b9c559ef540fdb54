import type { Notice, Target } from '../domain/alert.js';
import type { Notify } from '../domain/manifest.js';
import { ProblemError } from '../domain/problem.js';
import type { Capture } from '../lib/program.js';
import { retry } from '../lib/wait.js';
import { messageOf, noticeJson, type Message, type Sender } from './message.js';

/** How long a program may take, and a receiver, ms; a receiver that fails is asked once more, after a pause. */
const PATIENCE = { commandMs: 30_000, answerMs: 5_000, pauseMs: 1_000 };
type Patience = typeof PATIENCE;

export type Delivering = {
  readonly notify: Notify;
  readonly sender: Sender;
  /** The manifest's folder, absolute. */
  readonly directory: string;
  readonly capture: Capture;
  /** Where the notices are sent; asked for only where one is. */
  readonly url: () => Promise<string>;
  readonly patience?: Patience;
};

/** Rejects with a ProblemError in which the URL is not: it may be a secret. */
export function deliver(notice: Notice, target: Target, around: Delivering): Promise<void> {
  const { patience = PATIENCE } = around;
  return target === 'command' ? runCommand(notice, around, patience) : post(notice, around, patience);
}

async function runCommand(
  notice: Notice,
  { notify, sender, directory, capture }: Delivering,
  { commandMs }: Patience,
): Promise<void> {
  if (notify.command === null) return;
  const [program] = notify.command;
  const input = `${JSON.stringify(noticeJson(notice, sender))}\n`;
  const { exitCode, stderr } = await capture(notify.command, directory, { input, limitMs: commandMs });
  if (exitCode === 0) return;
  const end =
    exitCode === null ? `was ended, or did not end in ${commandMs / 1000} s` : `exit code ${exitCode}`;
  const last = stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
  throw notDelivered(`\`${program}\`: ${end}${last === '' ? '' : `: ${last}`}`);
}

async function post(notice: Notice, around: Delivering, patience: Patience): Promise<void> {
  const url = await around.url();
  const message = messageOf(around.notify.format, notice, around.sender);
  await retry(
    () => postOnce(url, message, patience.answerMs),
    (error) => error instanceof ProblemError,
    { attempts: 2, pauseMs: patience.pauseMs },
  );
}

async function postOnce(url: string, { headers, body }: Message, answerMs: number): Promise<void> {
  const signal = AbortSignal.timeout(answerMs);
  // Whoever answers with another address may be anybody.
  const init = { method: 'POST', headers, body, signal, redirect: 'manual' } as const;
  const response = await fetch(url, init).catch((error: unknown) => {
    throw notDelivered(`the receiver does not answer (${reasonOf(error, answerMs)})`);
  });
  await response.body?.cancel().catch(() => undefined);
  if (!response.ok) throw notDelivered(`the receiver answers with status ${response.status}`);
}

/** `ECONNREFUSED`: the message of what Node throws has the address in it. */
function reasonOf(error: unknown, answerMs: number): string {
  const { name = '', cause } = error as {
    readonly name?: string;
    readonly cause?: { readonly code?: unknown };
  };
  if (name === 'TimeoutError') return `within ${answerMs / 1000} s`;
  return typeof cause?.code === 'string' ? cause.code : 'no connection';
}

function notDelivered(why: string): ProblemError {
  return new ProblemError({ code: 'notify-failed', message: why });
}
