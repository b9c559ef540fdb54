import type { Sighting } from '../domain/alert.js';
import { EXIT, ProblemError, type ExitCode, type Problem } from '../domain/problem.js';
import { openAlerts, tellSightings } from './alerts.js';
import { holdProject } from './project-lock.js';
import { UnreadableProject } from './project.js';
import type { Teller } from './project-type.js';
import type { Runtime } from './runtime.js';

/** What keeps every verb from beginning, and is nothing of one app's. */
const KEEPS_ALL: ReadonlySet<ExitCode> = new Set([EXIT.manifest, EXIT.unavailable]);

/**
 * Runs a verb that a timer begins. Where it cannot even begin, that is told, once: nobody may be looking at its exit
 * code. The first that begins again closes it.
 */
export async function unattended<T>(runtime: Runtime, verb: () => Promise<T>): Promise<T> {
  let end: T;
  try {
    end = await verb();
  } catch (error) {
    if (error instanceof ProblemError && KEEPS_ALL.has(error.exitCode)) await tellWhy(runtime, error);
    throw error;
  }
  const project = await runtime.project();
  const isOpen = openAlerts(runtime, project.manifest.project).some(({ kind }) => kind === 'cannot-run');
  if (isOpen) await tell(runtime, project, { app: null, alert: null, mends: ['cannot-run'], updated: null });
  return end;
}

async function tellWhy(runtime: Runtime, error: ProblemError): Promise<void> {
  const whom = await whomToTell(runtime, error);
  if (whom === null) return;
  const alert = { kind: 'cannot-run' as const, message: wordsOf(error.problems) };
  await tell(runtime, whom, { app: null, alert, mends: [], updated: null });
}

/** Where the first one is, what, and how many more there are. */
function wordsOf([first, ...others]: readonly Problem[]): string {
  const { place, message = '' } = first ?? {};
  const where = place ? `${place.file}:${place.line}:${place.column}: ` : '';
  return `${where}${message}${others.length === 0 ? '' : ` (and ${others.length} more)`}`;
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
  const release = await holdProject(runtime, whom.manifest.project, { lockWait: 0 }).catch(
    (error: unknown) => {
      if (error instanceof ProblemError) return null;
      throw error;
    },
  );
  if (release === null) return;
  try {
    await tellSightings(runtime, whom, [sighting]);
  } finally {
    await release();
  }
}
