import { LOCAL } from '../../runtime/daemons.js';
import type { ActualApp, Generation } from '../../domain/actual.js';
import type { AppName } from '../../domain/names.js';
import type { Desired } from '../../domain/desired.js';
import { copyOf } from '../../facets/copies.js';
import { withItsSecrets } from '../../planner/target.js';
import { planOf } from '../../planner/plan.js';
import type { Incus } from '../../domain/services.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import type { Runtime } from '../../runtime/runtime.js';
import { showPlan } from '../../runtime/dry-run.js';
import { petNamed } from './history.js';
import { observeFor, wantedBy } from '../../runtime/observe.js';
import { resolveDesired } from '../../runtime/project.js';
import { withLock } from '../../runtime/project-lock.js';
import { selectNamed } from '../../runtime/select.js';
import { carryOut, type RunOptions } from '../../runtime/carry-out.js';
import type { CommandLine } from '../command-line.js';
import { dryRun, examples, flag, withRunOptions } from '../options.js';

type RollbackOptions = RunOptions & {
  /** What the volumes held when that generation was left, too. */
  readonly data: boolean;
};

export function addRollback({ program, actionOf }: CommandLine): void {
  withRunOptions(program.command('rollback <app> [generation]'))
    .summary('return an app to an earlier generation')
    .description(
      'Makes an earlier generation serve again, with the ports, mounts and settings it had, without a build; the one before the current unless a number is given. What it leaves is not brought back by `up` until the manifest changes or --retry is given.',
    )
    .addOption(
      flag('--data', 'give the volumes back what they held when that generation was left').default(false),
    )
    .addOption(dryRun())
    .addHelpText('after', examples('pets rollback web', 'pets rollback web 3', 'pets rollback web 3 --data'))
    .action(actionOf(rollback));
}

/** Returns an app to a generation: its system, ports and mounts, without a build. `wanted`: its number. */
async function rollback(
  runtime: Runtime,
  options: RollbackOptions,
  name: string,
  wanted: string | undefined,
): Promise<ExitCode> {
  const read = async () => {
    const project = await runtime.project();
    selectNamed([name], project.manifest);
    return project;
  };
  return withLock(runtime, { ...options, read }, async (project) => {
    // Secrets stay as they are: their sources need not even be there.
    const all = await resolveDesired(runtime, project, new Set());
    const actual = await observeFor(runtime, all.project, { ...wantedBy(all), dryRun: options.dryRun });
    const there = petNamed(name, actual.apps);
    const generation = pick(there, wanted);
    if (options.data) await mustHaveCopies(there, generation, runtime.daemons.get(LOCAL).incus(all.project));
    const desired = keepingSecrets(all, there);
    const rollback = { generation, data: options.data };
    const only = new Set([name as AppName]);
    const plan = planOf(desired, actual, { prune: false, recreate: false, retry: false, rollback, only });
    if (options.dryRun === true) return showPlan(runtime.output, { plan, project });
    return carryOut(runtime, { verb: 'rollback', plan, desired, project }, options);
  });
}

/** The one before the current, or that of a number. */
function pick({ name, generations, applied }: ActualApp, wanted: string | undefined): Generation {
  const current = applied?.generation ?? 0;
  const others = generations.filter(({ generation }) => generation !== current);
  const found =
    wanted === undefined
      ? others.find(({ generation }) => generation < current)
      : generations.find(({ generation }) => String(generation) === wanted);
  if (found) return found;
  const numbers = others.map(({ generation }) => generation).join(', ');
  throw new ProblemError(
    {
      code: 'generation-unknown',
      app: name,
      message:
        wanted === undefined ? 'there is no generation before this one' : `there is no generation ${wanted}`,
      hint:
        numbers === '' ? 'no other is recorded' : `there are ${numbers}; \`pets history ${name}\` lists them`,
    },
    EXIT.usage,
  );
}

async function mustHaveCopies({ name }: ActualApp, { generation }: Generation, incus: Incus): Promise<void> {
  const volumes = (await incus.volumes()).filter((volume) => volume.app === name);
  const copies = await Promise.all(volumes.map((volume) => incus.snapshots(volume)));
  if (copies.some((names) => names.includes(copyOf(generation)))) return;
  throw new ProblemError(
    {
      code: 'copy-missing',
      app: name,
      message: `there is no copy of what the volumes of \`${name}\` held at generation ${generation}`,
      hint: `without --data the volumes stay as they are; \`pets backups ${name}\` lists what else there is`,
    },
    EXIT.usage,
  );
}

function keepingSecrets(desired: Desired, there: ActualApp): Desired {
  const apps = desired.apps.map((app) => (app.name === there.name ? withItsSecrets(app, there) : app));
  return { ...desired, apps };
}
