import { selectApps } from '../../manifest/select.js';
import { didYouMean } from '../../lib/closest-match.js';
import { DEPLOYED } from '../../domain/labels.js';
import type { Actual, ActualApp } from '../../domain/actual.js';
import type { AppPlan, Plan } from '../../domain/plan.js';
import type { Manifest, ManifestApp } from '../../domain/manifest.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import type { Runtime } from '../../runtime/runtime.js';
import { showPlan } from '../../runtime/dry-run.js';
import { nothingWanted, observeFor } from '../../runtime/observe.js';
import { refuseStranger } from '../../runtime/pets.js';
import { withLock } from '../../runtime/project-lock.js';
import { removalOf, withOrphans } from '../../runtime/removal.js';
import { carryOut, refuseProblems, type RunOptions } from '../../runtime/carry-out.js';
import type { CommandLine } from '../command-line.js';
import { dryRun, examples, withRunOptions } from '../options.js';

export function addRm({ program, actionOf }: CommandLine): void {
  withRunOptions(program.command('rm <app...>'))
    .summary('remove containers, and keep their volumes')
    .description(
      'Stops and removes containers, of apps that are in the manifest or not any more, with their root disks and generations. Volumes are kept, and it is said how to delete them. One that is not there is nothing to do.',
    )
    .addOption(dryRun())
    .addHelpText('after', examples('pets rm web', 'pets rm web --yes'))
    .action(actionOf(rm));
}

/** Removes containers, of apps in the manifest or not any more, with root disks and generations. Volumes stay. */
async function rm(runtime: Runtime, options: RunOptions, selectors: readonly string[]): Promise<ExitCode> {
  const read = () => runtime.project();
  return withLock(runtime, { ...options, read }, async (project) => {
    const { manifest } = project;
    const wanted = { ...nothingWanted, volumes: true };
    const actual = await observeFor(runtime, manifest.project, { ...wanted, dryRun: options.dryRun });
    const found = selectors.map((selector) => ({ selector, pets: fitting(selector, manifest, actual) }));
    for (const { selector } of found.filter(({ pets }) => pets.length === 0))
      runtime.output.notice('warning', nothingToRemove(selector, manifest, actual));
    const removed = removal(new Set(found.flatMap(({ pets }) => pets)), manifest, actual);
    const plan = withOrphans(removed, actual, (name) => selectors.includes(name));
    refuseProblems(plan, project);
    if (options.dryRun === true) return showPlan(runtime.output, { plan, project });
    const names = removed.apps.map(({ app }) => app).join(', ');
    if (plan.operations.length === 0) return EXIT.ok;
    if (names !== '' && !(options.yes || (await confirmRemoval(runtime, names, selectors)))) return EXIT.ok;
    const desired = { project: manifest.project, apps: [] };
    return carryOut(runtime, { verb: 'rm', plan, desired, project }, options);
  });
}

/** Pets that are there. A name that somebody else's instance bears is a ProblemError. */
function fitting(selector: string, manifest: Manifest, actual: Actual): ActualApp[] {
  refuseStranger(selector, actual);
  const tagsOf = (name: string) => manifest.apps.find((app) => app.name === name)?.tags ?? [];
  const selection = selectApps(
    [selector],
    actual.apps.map(({ name }) => ({ name, tags: tagsOf(name) })),
  );
  return actual.apps.filter(({ name }) => selection.ok && selection.apps.has(name));
}

/** A script may remove what is gone already; a person may have mistyped. */
function nothingToRemove(selector: string, { apps }: Manifest, actual: Actual): string {
  const isKnown = apps.some(({ name }) => name === selector);
  const meant = isKnown
    ? null
    : didYouMean(
        selector,
        actual.apps.map(({ name }) => name),
      );
  return `there is no container \`${selector}\`: nothing to remove${meant === null ? '' : `; ${meant}`}`;
}

function removal(pets: ReadonlySet<ActualApp>, { project, apps }: Manifest, actual: Actual): Plan {
  const plan = removalOf({ project, apps }, { ...actual, apps: [...pets] });
  const comesBack = ({ app: removed }: AppPlan) =>
    apps.flatMap((app) =>
      app.name === removed ? [project === DEPLOYED ? deployHint(app) : IN_MANIFEST] : [],
    );
  return { ...plan, apps: plan.apps.map((app) => ({ ...app, notes: [...app.notes, ...comesBack(app)] })) };
}

const IN_MANIFEST = 'it is in the manifest: `pets up` makes it anew, unless it leaves that too';

function deployHint({ name, source }: ManifestApp): string {
  const ref = source.kind === 'flake' ? source.ref.written : '<flake-ref>';
  return `\`pets deploy ${ref} ${name} --port <port>\` makes it anew`;
}

async function confirmRemoval(
  runtime: Runtime,
  names: string,
  selectors: readonly string[],
): Promise<boolean> {
  if (runtime.prompt.mayAsk)
    return runtime.prompt.confirm(`Remove ${names}? What is on their root disks is lost; volumes are kept.`);
  throw new ProblemError(
    {
      code: 'not-confirmed',
      message: `this removes ${names}, with everything on their root disks; volumes are kept`,
      hint: `confirm it: \`pets rm --yes ${selectors.join(' ')}\``,
    },
    EXIT.usage,
  );
}
