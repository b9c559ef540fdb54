import { holdIn } from '../../domain/hold.js';
import { DEPLOYED } from '../../domain/labels.js';
import type { AppName } from '../../domain/names.js';
import type { Desired } from '../../domain/desired.js';
import { flakesOf, type AppTable, type Locked } from '../../domain/manifest.js';
import { planOf } from '../../planner/plan.js';
import { EXIT, ProblemError, type ExitCode, type Problem } from '../../domain/problem.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  deployedInstances,
  isDeployed,
  marksOf,
  projectOf,
  readTable,
  tableOf,
} from '../../runtime/deployed.js';
import { refusalOf } from '../../runtime/held.js';
import { absolute, suggestedName } from '../../runtime/inspect.js';
import { observeToMake, wantedBy } from '../../runtime/observe.js';
import { tellWaiting } from '../../runtime/patience.js';
import { resolveDesired, type Project } from '../../runtime/project.js';
import { withLock } from '../../runtime/project-lock.js';
import { carryOut, type RunOptions } from '../../runtime/carry-out.js';
import { portsFor } from '../../runtime/wire.js';
import type { CommandLine } from '../command-line.js';
import { examples, withRunOptions } from '../options.js';

type DeployOptions = RunOptions & {
  readonly port?: string;
  readonly listen?: string;
  readonly nixpkgs?: string;
};

export function addDeploy({ program, actionOf }: CommandLine): void {
  withRunOptions(program.command('deploy <flake-ref> [name]'))
    .summary('run an app from a flake, without a manifest')
    .description(
      'Brings up one app at the newest revision of its flake and prints its URL. What is not given is as it was deployed last; the name is the one that the flake suggests. Every other verb finds it with --deployed.',
    )
    .option('--port <port>', 'port on the host; needed once')
    .option('--listen <ip>', 'address on the host on which the port is open (at first: 127.0.0.1)')
    .option('--nixpkgs <flake-ref>', 'nixpkgs that the system is assembled with (at first: as in a manifest)')
    .addHelpText(
      'after',
      examples(
        'pets deploy github:srid/anywhen --port 8080',
        'pets deploy ./web blog --port 8081 --listen 0.0.0.0',
        'pets deploy ./web blog',
        'pets ps --deployed',
      ),
    )
    .action(actionOf(deploy));
}

/** One app from a flake, without a manifest: at the newest revision of its reference. `name`: else the flake's. */
async function deploy(
  runtime: Runtime,
  options: DeployOptions,
  ref: string,
  name: string | undefined,
): Promise<ExitCode> {
  const given = givenBy(runtime, options, ref);
  const table = { ...given, name: name ?? (await nameOf(runtime, given)) };
  const read = async () => {
    const whole = await completeTable(runtime, table);
    return { ...projectFor(runtime, whole), whole };
  };
  return withLock(runtime, { ...options, read }, async ({ whole, ...unlocked }) => {
    const refs = await newest(runtime, unlocked);
    const project = { ...unlocked, lock: { version: 1 as const, refs } };
    const desired = markApps(await resolveDesired(runtime, project, null), whole);
    const actual = await observeToMake(runtime, DEPLOYED, wantedBy(desired));
    const only = new Set([table.name as AppName]);
    // Who deploys once more wants just that tried, whatever became of it before.
    const plan = planOf(desired, actual, { prune: false, recreate: false, retry: true, only });
    const code = await carryOut(runtime, { verb: 'deploy', plan, desired, project }, options);
    const url = plan.apps[0]?.url;
    if (code === EXIT.ok && url) runtime.output.write(`${url}\n`);
    return code;
  });
}

type Given = Omit<AppTable, 'name'>;

function givenBy({ cwd }: Runtime, { port, listen, nixpkgs }: DeployOptions, ref: string): Given {
  return {
    'flake-ref': absolute(ref, cwd, 'app'),
    port: port === undefined ? null : Number(port),
    listen: listen ?? null,
    nixpkgs: nixpkgs === undefined ? null : absolute(nixpkgs, cwd, 'nixpkgs'),
    store: null,
  };
}

/** Stands in for the name until it is known. */
const UNNAMED = 'unnamed';

async function nameOf(runtime: Runtime, given: Given): Promise<string> {
  const project = projectFor(runtime, { ...given, name: UNNAMED });
  const pins = await newest(runtime, project);
  const { apps } = await resolveDesired(
    { programs: runtime.programs, output: { tell: () => () => undefined } },
    { ...project, lock: { version: 1, refs: pins } },
    null,
  );
  const [app] = apps;
  if (app && app.problems.length > 0) throw new ProblemError(app.problems);
  const name = app ? await suggestedName(runtime, app, pins) : null;
  if (name !== null) return name;
  const hint = `name it: pets deploy ${given['flake-ref']} <name> --port <port>`;
  const message = `\`${given['flake-ref']}\` does not suggest a name (incus.container.hostname)`;
  throw new ProblemError({ code: 'usage', message, hint }, EXIT.usage);
}

/** What is not given is as it was deployed last. */
async function completeTable({ daemons }: Runtime, given: AppTable): Promise<AppTable> {
  const { name } = given;
  const instances = await deployedInstances(daemons);
  const there = instances.find((one) => one.name === name && isDeployed(one));
  const hold = there ? holdIn(there.config, Date.now()) : null;
  if (hold) throw new ProblemError(refusalOf(name as AppName, hold));
  const before = there ? tableOf(there) : null;
  const table = {
    ...given,
    port: given.port ?? before?.port ?? null,
    listen: given.listen ?? before?.listen ?? null,
    nixpkgs: given.nixpkgs ?? before?.nixpkgs ?? null,
  };
  if (table.port !== null) return table;
  throw new ProblemError(
    {
      code: 'usage',
      message: `\`${name}\` was not deployed before: on which port is it to be reached?`,
      hint: `pets deploy ${given['flake-ref']} ${name} --port 8080`,
    },
    EXIT.usage,
  );
}

function projectFor(runtime: Runtime, table: AppTable): Project {
  const read = readTable(table, runtime.cwd);
  if (read.ok) return projectOf(read.manifest, runtime);
  throw new ProblemError(read.problems.map(asGiven), EXIT.usage);
}

/** There is no file to look at: `apps.web.port: expected …` → `port: expected …`. */
function asGiven({ code, message, hint }: Problem): Problem {
  return { code, message: message.replace(/^apps\.[^.:]+[.:] ?/, ''), ...(hint !== undefined && { hint }) };
}

/** What the remote references of the project stand for now. */
async function newest(runtime: Runtime, project: Project): Promise<Readonly<Record<string, Locked>>> {
  const refs = project.manifest.apps.flatMap(flakesOf);
  const urls = [...new Set(refs.flatMap(({ url, directory }) => (directory === undefined ? [url] : [])))];
  const { nix } = portsFor(runtime, project, 0);
  const pin = async (url: string) =>
    [url, await tellWaiting(`Nix to find ${url}`, nix.lock(url), runtime.output)] as const;
  return Object.fromEntries(await Promise.all(urls.map(pin)));
}

/** What the next deploy reads back is there from the creation on: one that is cut short can be gone on with. */
function markApps({ apps, ...desired }: Desired, table: AppTable): Desired {
  const marks = marksOf(table);
  return { ...desired, apps: apps.map((app) => ({ ...app, config: { ...app.config, ...marks } })) };
}
