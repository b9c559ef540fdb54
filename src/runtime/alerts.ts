import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { deliver, type Delivering } from '../alerts/deliver.js';
import {
  alertsAfter,
  NO_ALERTS,
  TARGETS,
  type Alert,
  type Alerts,
  type Notice,
  type Outgoing,
  type Sighting,
  type Target,
} from '../domain/alert.js';
import type { Notify } from '../domain/manifest.js';
import { EXIT, problemOf, ProblemError } from '../domain/problem.js';
import type { Project, Teller } from './project-type.js';
import type { Runtime } from './runtime.js';

type Around = Pick<Runtime, 'state' | 'output' | 'programs' | 'cwd'>;

/**
 * Keeps what a run has shown, and tells who is to be told. Nothing of it fails the run: what cannot be kept or
 * delivered is a warning, and the next run tries to deliver it again.
 */
export async function tellSightings(
  runtime: Around,
  project: Teller,
  sightings: readonly Sighting[],
): Promise<void> {
  const { output, state } = runtime;
  const { open, outbox } = keepSightings(runtime, project, sightings);
  if (project.notify === null || outbox.length === 0) return;
  const kept = state.alerts(project.manifest.project);
  await deliverAll(outbox, deliveringFor(runtime, project, project.notify), {
    onProblem: (problem) => {
      output.notice('warning', `a notice is not delivered, and the next run tries again: ${problem}`);
    },
    onLeft: (left) => {
      const write = () => {
        kept.write({ open, outbox: left });
      };
      attempt(output, write, notKept);
    },
  });
}

/** The same for a run that somebody wants to end now: the next one tells. */
export function keepSightings(
  { state, output }: Pick<Around, 'state' | 'output'>,
  { manifest, notify }: Teller,
  sightings: readonly Sighting[],
): Alerts {
  const kept = state.alerts(manifest.project);
  const known = attempt(
    output,
    () => kept.read(),
    (why) => `${why}; it is begun anew`,
  );
  const before = known ?? NO_ALERTS;
  const { open, notices } = alertsAfter(before.open, sightings, new Date().toISOString());
  const after = { open, outbox: [...before.outbox, ...outgoing(notices, notify)] };
  const write = () => {
    if (notices.length > 0 || known === null) kept.write(after);
  };
  attempt(output, write, notKept);
  return after;
}

/** Those that are open, as far as that can be read. */
export function openAlerts({ state }: Pick<Around, 'state'>, project: string): readonly Alert[] {
  try {
    return state.alerts(project).read().open;
  } catch {
    // Whoever keeps what it sees says so, and begins anew.
    return [];
  }
}

function notKept(why: string): string {
  return `what is wrong is not kept, and \`pets alerts\` will not have it: ${why}`;
}

/** Null where it fails, which is a warning. */
function attempt<T>({ notice }: Around['output'], work: () => T, words: (why: string) => string): T | null {
  try {
    return work();
  } catch (error) {
    notice('warning', words(problemOf(error).message));
    return null;
  }
}

/** What is wanted of them, and by whom. */
function outgoing(notices: readonly Notice[], notify: Notify | null): Outgoing[] {
  if (notify === null) return [];
  const to = targetsOf(notify);
  return notices
    .filter(({ kind }) => kind === 'test' || notify.on.includes(kind))
    .map((one) => ({ ...one, to }));
}

export function targetsOf(notify: Notify): Target[] {
  return TARGETS.filter((target) => notify[target] !== null);
}

type Listening = {
  readonly onProblem: (message: string) => void;
  /** What waits still, after each that was delivered: who is cut short then must not tell it once more. */
  readonly onLeft: (left: readonly Outgoing[]) => void;
};

/** In order, and of each target no more after the first that fails: whoever is away for one is away for all. */
export async function deliverAll(
  outbox: readonly Outgoing[],
  around: Delivering,
  { onProblem, onLeft }: Listening,
): Promise<readonly Outgoing[]> {
  const away = new Set<Target>();
  let left = outbox;
  for (const [n, notice] of outbox.entries())
    for (const target of notice.to) {
      if (away.has(target)) continue;
      try {
        // One that is not in the manifest any more is nobody to tell.
        if (around.notify[target] !== null) await deliver(notice, target, around);
        left = left.map((one, i) => (i === n ? { ...one, to: one.to.filter((to) => to !== target) } : one));
        onLeft(waitingOf(left));
      } catch (error) {
        onProblem(`${target}: ${problemOf(error).message}`);
        away.add(target);
      }
    }
  return waitingOf(left);
}

function waitingOf(outbox: readonly Outgoing[]): Outgoing[] {
  return outbox.filter(({ to }) => to.length > 0);
}

export function deliveringFor(
  { programs, state, cwd }: Around,
  { manifest, path }: Teller,
  notify: Notify,
): Delivering {
  const directory = path === null ? cwd : dirname(path);
  const { capture } = programs;
  let url: Promise<string> | null = null;
  const readUrl = async () => {
    if (notify.url === null) return '';
    if (notify.url.kind === 'written') return notify.url.url;
    const value = await state.valueOf(notify.url, directory);
    return mustBeUrl(Buffer.from(value).toString().trim());
  };
  return {
    ...{ notify, directory, capture },
    sender: { project: manifest.project, host: hostname() },
    url: () => (url ??= readUrl()),
  };
}

/** What is wrong with it is said without it. */
function mustBeUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new ProblemError({ code: 'notify-failed', message: 'what `notify.url` leads to is no http(s) URL' });
}

/** Whom the manifest names, or a ProblemError. */
export function notifyIn({ notify }: Project): Notify {
  if (notify) return notify;
  throw new ProblemError(
    {
      code: 'notify-missing',
      message: 'the manifest has no [notify]: there is nobody to tell',
      hint: '[notify]\nurl = "https://ntfy.example/pets"\nformat = "ntfy"',
    },
    EXIT.usage,
  );
}
