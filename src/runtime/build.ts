import type { ActionKind } from '../domain/action.js';
import { apply } from '../executor/execute.js';
import type { Services } from '../executor/job.js';
import type { AppName, StorePath } from '../domain/names.js';
import type { Plan } from '../domain/plan.js';
import type { Runtime } from './runtime.js';
import { locateProblems } from './project.js';
import type { CarryOut } from './carry-out.js';
import { limitsFor, portsFor } from './wire.js';

export type Builds = {
  /** What was evaluated; of what could not be built there is nothing in the store. */
  readonly systems: ReadonlyMap<AppName, StorePath>;
  readonly hasFailed: boolean;
};

/**
 * Evaluates and builds the systems that the plan would, and does nothing else of it. `pets.lock` stays as it is.
 * Unlike a run it may be cut short at any moment.
 */
export async function buildSystems(
  runtime: Runtime,
  { plan, desired, project }: Omit<CarryOut, 'verb'>,
): Promise<Builds> {
  const reporter = runtime.output.buildReporter();
  const systems = new Map<AppName, StorePath>();
  const outcome = await apply({
    plan: onlyBuilds(plan),
    desired,
    ports: listening(portsFor(runtime, project, 0), systems),
    limits: limitsFor(1, undefined),
    emit: (event) => {
      reporter.event(event);
    },
    stop: new AbortController().signal,
    failFast: false,
    locate: (problem) => locateProblems([problem], project)[0] ?? problem,
  });
  await reporter.close();
  return { systems, hasFailed: outcome.apps.some(({ failure }) => failure !== null) };
}

const BUILDS: ReadonlySet<ActionKind> = new Set(['lock', 'evaluate', 'build']);

/** They come first in each app's chain, so none of them needs one that is left out. */
function onlyBuilds(plan: Plan): Plan {
  const built = new Set(
    plan.operations.filter(({ action }) => action.kind === 'build').map(({ app }) => app),
  );
  return {
    ...plan,
    apps: plan.apps.filter(({ app }) => built.has(app)),
    operations: plan.operations.filter(({ app, action }) => built.has(app) && BUILDS.has(action.kind)),
  };
}

/** What is locked lasts as long as this process; `systems` is told each system that was evaluated. */
function listening(ports: Services, systems: Map<AppName, StorePath>): Services {
  return {
    ...ports,
    lockFile: { add: () => Promise.resolve() },
    nix: {
      ...ports.nix,
      evaluate: async (app, pins) => {
        const evaluated = await ports.nix.evaluate(app, pins);
        systems.set(app.name, evaluated.toplevel);
        return evaluated;
      },
    },
  };
}
