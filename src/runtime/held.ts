import { termsOf, type Hold } from '../domain/hold.js';
import type { ActualApp } from '../domain/actual.js';
import { lastGood } from '../planner/target.js';
import type { Manifest } from '../domain/manifest.js';
import type { AppName } from '../domain/names.js';
import { ProblemError, type Problem } from '../domain/problem.js';
import { nothingWanted, observe } from './observe.js';
import type { Runtime } from './runtime.js';

/**
 * The apps of the manifest that somebody holds, under the name that they have or had. Null where no daemon is that could
 * tell: a lock can be moved on any machine.
 */
export async function heldApps(
  runtime: Pick<Runtime, 'daemons'>,
  { project, apps }: Pick<Manifest, 'project' | 'apps'>,
): Promise<ReadonlyMap<AppName, Hold> | null> {
  const actual = await observe(runtime, project, nothingWanted).catch(orNull);
  if (actual === null) return null;
  const holds = new Map(actual.apps.map(({ name, hold }) => [name, hold]));
  return new Map(
    apps.flatMap(({ name, was }) => {
      const hold = holds.has(name) || was === null ? holds.get(name) : holds.get(was);
      return hold ? [[name, hold]] : [];
    }),
  );
}

function orNull(error: unknown): null {
  const isAway = error instanceof ProblemError && error.problems.some(({ code }) => AWAY.has(code));
  if (isAway) return null;
  throw error;
}

const AWAY: ReadonlySet<string> = new Set(['daemon-unreachable', 'daemon-denied']);

/** Whether there is a system that it can be kept at. */
export function isServed(app: ActualApp): boolean {
  return lastGood(app) !== null;
}

/** Who names an app that is held wants what the hold forbids. */
export function refusalOf(app: AppName, hold: Hold): Problem {
  return {
    code: 'app-held',
    app,
    message: `\`${app}\` is held by hand${termsOf(hold)}; nothing was changed`,
    hint: `\`pets unhold ${app}\` lets it go on`,
  };
}
