import type { Action } from '../../domain/action.js';
import type { AppName } from '../../domain/names.js';
import { FailedProgram, problemOf, ProblemError } from '../../domain/problem.js';
import { twinOf } from '../../domain/twin.js';
import { formatTook } from '../../lib/format.js';
import { desiredApp, evaluatedSystem, limitOf, secretFiles, type OperationContext } from '../job.js';
import type { OperationResult } from '../performer.js';
import { roomFor } from '../rollback.js';
import { removeTwin } from './remove.js';
import type { Stage } from './stage.js';
import { prepareTwin, startTwin } from './twin.js';

type Rehearse = Extract<Action, { kind: 'rehearse' }>;

/**
 * Starts the new system in the app's twin; then the twin goes, whatever happened. Where it is not healthy there, what
 * serves now shows whether a twin can be: if it can, the new system is refused (`rehearsal-refused`, with its journal);
 * if not, nobody knows (`rehearsal-impossible`).
 */
export async function rehearse(job: OperationContext, action: Rehearse): Promise<OperationResult> {
  const { app, services, desired } = job;
  const twins = { own: services.incus, ...services.twin };
  const remove = () => removeTwin(twins, { app: action.instance, project: desired.project });
  const stops: number[] = [];
  try {
    await remove();
    const stage = await stageFor(job, action, (ms) => stops.push(ms));
    const note = await tryBoth(stage, action, remove);
    return { note: [`${note} in its twin`, ...stillWords(stops)].join('; ') };
  } catch (error) {
    stillWords(stops).forEach(job.warn);
    throw isTold(error) ? error : impossible(app, problemOf(error).message);
  } finally {
    await remove().catch((error: unknown) => {
      job.warn(`its twin is still there, and goes with the next run: ${problemOf(error).message}`);
    });
  }
}

function stillWords(stops: readonly number[]): string[] {
  if (stops.length === 0) return [];
  const ms = stops.reduce((sum, one) => sum + one, 0);
  return [`the app stood still for ${formatTook(ms)} while its volumes were copied`];
}

async function stageFor(
  job: OperationContext,
  { instance, store, missing }: Rehearse,
  stood: Stage['stood'],
): Promise<Stage> {
  const { services } = job;
  const app = desiredApp(job);
  const names = app.secrets.map(({ name }) => name);
  const secrets = await secretFiles(job, names);
  const status = await services.incus.status(instance);
  if (status === 'Running') {
    await services.guest.takeBaseline(instance, limitOf(job));
    const mounts = app.volumes.map(({ name, path }) => ({ volume: name, path }));
    if (instance === app.name && mounts.length > 0) await roomFor(job, mounts);
  }
  const live = (await services.incus.instances()).find(({ name }) => name === instance);
  if (!live) throw new Error(`there is no \`${instance}\` any more`);
  return { job, twin: twinOf(instance), store, live, secrets, missing, stood };
}

/** How the new system was found healthy. */
async function tryBoth(stage: Stage, { serves }: Rehearse, begin: () => Promise<void>): Promise<string> {
  const { job } = stage;
  const { toplevel } = evaluatedSystem(job);
  await prepareTwin(stage, toplevel);
  try {
    return await startTwin(stage, toplevel);
  } catch (error) {
    if (!(error instanceof FailedProgram)) throw error;
    const why = problemOf(error).message;
    job.say(`${why}: does what serves now do better there?`);
    await begin();
    await prepareTwin(stage, serves);
    await startTwin(stage, serves).catch((old: unknown) => {
      throw impossible(job.app, `what serves now is not healthy in a twin either: ${problemOf(old).message}`);
    });
    throw refused(job.app, error);
  }
}

const CODES = { refused: 'rehearsal-refused', impossible: 'rehearsal-impossible' } as const;

function isTold(error: unknown): boolean {
  return error instanceof ProblemError && Object.values<string>(CODES).includes(problemOf(error).code);
}

function refused(app: AppName, error: FailedProgram): FailedProgram {
  const message = `its rehearsal failed, and nothing was touched: ${problemOf(error).message}`;
  return new FailedProgram({ code: CODES.refused, app, message }, error.log);
}

function impossible(app: AppName, why: string): ProblemError {
  const message = `it could not be rehearsed, and nothing was touched: ${why}`;
  return new ProblemError({
    ...{ code: CODES.impossible, app, message },
    hint: `\`pets up --no-rehearse ${app}\` goes without`,
  });
}
