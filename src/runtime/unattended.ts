import type { Sighting } from '../domain/alert.js';
import type { ProblemCode } from '../domain/problem-code.js';
import { EXIT, ProblemError, type ExitCode, type Problem } from '../domain/problem.js';
import { openAlerts, tellSightings } from './alerts.js';
import { holdProject } from './project-lock.js';
import { UnreadableProject } from './project.js';
import type { Teller } from './project-type.js';
import type { Runtime } from './runtime.js';

/** What keeps a verb from beginning, and is nothing of one app's. */
const KEEPS_ALL: ReadonlySet<ExitCode> = new Set([EXIT.manifest, EXIT.unavailable]);
const DAEMON_AWAY: ReadonlySet<ProblemCode> = new Set(['daemon-lost', 'daemon-refused']);

/**
 * Runs a verb that a timer begins. Where it cannot even begin, that is told, once: nobody may be looking at its exit
 * code. The first of the same name that begins again closes it.
 */
export async function unattended<T>(runtime: Runtime, name: string, verb: () => Promise<T>): Promise<T> {
  let end: T;
  try {
    end = await verb();
  } catch (error) {
    if (error instanceof ProblemError && keepsAll(error)) await tellWhy(runtime, name, error);
    throw error;
  }
  // Somebody may be writing the manifest just now: the next run closes it then.
  const project = await orNull(runtime.project());
  const open =
    project && openAlerts(runtime, project.manifest.project).find(({ kind }) => kind === 'cannot-run');
  if (project && open?.message.startsWith(beginningOf(name)))
    await tell(runtime, project, { app: null, alert: null, mends: ['cannot-run'], updated: null });
  return end;
}

function beginningOf(name: string): string {
  return `\`pets ${name}\`: `;
}

function keepsAll({ exitCode, problems }: ProblemError): boolean {
  return KEEPS_ALL.has(exitCode) || problems.some(({ code }) => DAEMON_AWAY.has(code));
}

async function tellWhy(runtime: Runtime, name: string, error: ProblemError): Promise<void> {
  const whom = await whomToTell(runtime, error);
  if (whom === null) return;
  const message = `${beginningOf(name)}${wordsOf(error.problems)}`;
  const alert = { kind: 'cannot-run' as const, message };
  await tell(runtime, whom, { app: null, alert, mends: [], updated: null });
}

/**
 * Where the first one is, what, and how many more there are. What somebody has written in the manifest may be a secret
 * in the wrong place: it stays on this host.
 */
function wordsOf([first, ...others]: readonly Problem[]): string {
  if (!first) return '';
  const { place, path, message, code } = first;
  const where = place ? `${place.file}:${place.line}:${place.column}: ` : '';
  const what = path ? `${path.join('.')}: ${code}; \`pets validate\` says more` : message;
  return `${where}${what}${others.length === 0 ? '' : ` (and ${others.length} more)`}`;
}

/** Null: the manifest does not say, or cannot be read so far. */
async function whomToTell({ project }: Runtime, error: ProblemError): Promise<Teller | null> {
  if (error instanceof UnreadableProject) return error.teller;
  return project().catch((another: unknown) => {
    if (another instanceof UnreadableProject) return another.teller;
    if (another instanceof ProblemError) return null;
    throw another;
  });
}

/** Beside a run nothing is told: the next one that a timer begins sees the same. */
async function tell(runtime: Runtime, whom: Teller, sighting: Sighting): Promise<void> {
  const release = await orNull(holdProject(runtime, whom.manifest.project, { lockWait: 0 }));
  if (release === null) return;
  try {
    await tellSightings(runtime, whom, [sighting]);
  } finally {
    await release();
  }
}

function orNull<T>(work: Promise<T>): Promise<T | null> {
  return work.catch((error: unknown) => {
    if (error instanceof ProblemError) return null;
    throw error;
  });
}
