import { LOCAL } from '../../runtime/daemons.js';
import type { Actual, Volume } from '../../domain/actual.js';
import type { Plan } from '../../domain/plan.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import type { Runtime } from '../../runtime/runtime.js';
import { showPlan } from '../../runtime/dry-run.js';
import { everything, observeFor } from '../../runtime/observe.js';
import { withLock } from '../../runtime/project-lock.js';
import { removalOf, withOrphans } from '../../runtime/removal.js';
import { carryOut, refuseProblems, type RunOptions } from '../../runtime/carry-out.js';
import { nameOf } from './volume.js';
import type { CommandLine } from '../command-line.js';
import { dryRun, examples, withRunOptions } from '../options.js';

type DownOptions = RunOptions & { readonly volumes: boolean; readonly confirm?: string };

export function addDown({ program, actionOf }: CommandLine): void {
  withRunOptions(program.command('down'))
    .summary('stop and remove all containers of the project')
    .description(
      "Stops and removes every container that bears the project's mark, with its root disk and its generations. Volumes are kept, unless --volumes is given and the project's name confirmed.",
    )
    .option('--volumes', 'delete the volumes as well, and all that is in them', false)
    .option('--confirm <project>', "the project's name, where nobody can be asked for it; for --volumes")
    .addOption(dryRun())
    .addHelpText(
      'after',
      examples(
        'pets down',
        'pets down --yes',
        'pets down --volumes',
        'pets down --volumes --confirm homelab',
      ),
    )
    .action(actionOf(down));
}

/** Stops and removes every container of the project, with what is on their root disks; with `--volumes` all data. */
async function down(runtime: Runtime, options: DownOptions): Promise<ExitCode> {
  const read = () => runtime.project();
  return withLock(runtime, { ...options, read }, async (project) => {
    const desired = { project: project.manifest.project, apps: [] };
    const actual = await observeFor(runtime, desired.project, { ...everything, dryRun: options.dryRun });
    const { volumes } = actual;
    const isAll = options.volumes && volumes.length > 0;
    // A plan tells of each volume that is kept.
    const told = isAll ? { ...actual, volumes: [] } : actual;
    const plan = withOrphans(removalOf(project.manifest, told), actual);
    refuseProblems(plan, project);
    if (isAll) refuseUsed(volumes, actual);
    if (options.dryRun === true) {
      const names = volumes.map(nameOf).join(', ');
      const data = isAll ? `deletes ${names}, and all that is in them` : `keeps ${names}`;
      return showPlan(runtime.output, { plan, project, remarks: names === '' ? [] : [data] });
    }
    if (isAll) await mustConfirm(runtime, options, plan, volumes);
    else if (!(await confirmDown(runtime, options, plan))) return EXIT.ok;
    const code = await carryOut(runtime, { verb: 'down', plan, desired, project }, options);
    if (isAll && code === EXIT.ok) return deleteVolumes(runtime, desired.project);
    const names = volumes.map(nameOf).join(', ');
    const kept = `kept: ${names}; \`pets down --volumes\` deletes what all apps have stored`;
    if (names !== '') runtime.output.notice('note', kept);
    return code;
  });
}

/** A volume that something else uses cannot be deleted: then nothing is. */
function refuseUsed(volumes: readonly Volume[], { apps }: Actual): void {
  const problems = volumes.flatMap((volume) => {
    const users = volume.usedBy.filter((user) => !apps.some(({ name }) => name === user));
    if (users.length === 0) return [];
    return [
      {
        code: 'volume-in-use' as const,
        app: volume.app,
        message: `\`${nameOf(volume)}\` cannot be deleted: \`${users.join('`, `')}\` uses it too`,
        hint: `detach it there (in Incus it is called \`${volume.name}\`), then run the same command again`,
      },
    ];
  });
  if (problems.length > 0) throw new ProblemError(problems, EXIT.manifest);
}

/** One after the other, up to the first that cannot be: the next run goes on there. */
async function deleteVolumes(runtime: Runtime, project: string): Promise<ExitCode> {
  const incus = runtime.daemons.get(LOCAL).incus(project);
  return runtime.draining(async (stop) => {
    for (const volume of await incus.volumes()) {
      if (stop.aborted) return stop.reason as ExitCode;
      await incus.removeVolume(volume);
      runtime.output.notice('note', `deleted ${nameOf(volume)}`);
    }
    return EXIT.ok;
  });
}

function namesOf({ apps }: Plan): string {
  return apps.flatMap(({ app, verb }) => (verb === 'destroy' ? [app] : [])).join(', ');
}

async function confirmDown(runtime: Runtime, options: DownOptions, plan: Plan): Promise<boolean> {
  const names = namesOf(plan);
  if (names === '' || options.yes) return true;
  if (runtime.prompt.mayAsk) {
    return runtime.prompt.confirm(`Destroy ${names}? What is on their root disks is lost; volumes are kept.`);
  }
  throw new ProblemError(
    {
      code: 'not-confirmed',
      message: `this destroys ${names}, with everything on their root disks; volumes are kept`,
      hint: 'confirm it: `pets down --yes`',
    },
    EXIT.usage,
  );
}

/** The project's name must be typed, or given: no yes to anything else unlocks this. */
async function mustConfirm(
  runtime: Runtime,
  options: DownOptions,
  plan: Plan,
  volumes: readonly Volume[],
): Promise<void> {
  const { project } = plan;
  const apps = namesOf(plan);
  const data = `${volumes.map(nameOf).join(', ')} and all that is in them`;
  const what = `this deletes ${data}${apps === '' ? '' : `, and destroys ${apps}`}`;
  if (options.confirm === undefined && !runtime.prompt.mayAsk) {
    const hint = `confirm it: \`pets down --volumes --confirm ${project}\``;
    throw new ProblemError({ code: 'not-confirmed', message: what, hint }, EXIT.usage);
  }
  const answer =
    options.confirm ?? (await runtime.prompt.ask(`T${what.slice(1)}. Type the project's name (${project}):`));
  if (answer === project) return;
  throw new ProblemError(
    { code: 'not-confirmed', message: "that is not the project's name; nothing was touched" },
    EXIT.usage,
  );
}
