import { holdWords, type Hold } from '../../domain/hold.js';
import type { AppName } from '../../domain/names.js';
import type { Locked, ManifestApp } from '../../domain/manifest.js';
import { EXIT, ProblemError, problemOf, type ExitCode, type Problem } from '../../domain/problem.js';
import { jsonText, table } from '../../ui/index.js';
import type { Runtime } from '../../runtime/runtime.js';
import { heldApps, refusalOf } from '../../runtime/held.js';
import { tellWaiting } from '../../runtime/patience.js';
import type { Project } from '../../runtime/project.js';
import { withLock, type LockOptions } from '../../runtime/project-lock.js';
import { revisionOf } from '../../runtime/revision.js';
import { pinnedUrls } from '../../runtime/due.js';
import { lockPathOf, movePinOfAll } from '../../runtime/settle-updates.js';
import { selectNamed } from '../../runtime/select.js';
import { lockFileOf, nixFor } from '../../runtime/wire.js';
import type { CommandLine } from '../command-line.js';
import { dryRun, examples, withLockOptions } from '../options.js';
import { unattended } from '../../runtime/unattended.js';
import { updateNow } from './update-now.js';

type UpdateOptions = LockOptions & {
  readonly json: boolean;
  readonly due: boolean;
  readonly allowMajor: boolean;
};

/** What became of one entry of `pets.lock`. */
type Moved = {
  readonly url: string;
  /** All apps that it is for, selected or not. */
  readonly apps: readonly AppName[];
  readonly from: Locked | null;
  readonly to: Locked | null;
  readonly problem: Problem | null;
};

export function addUpdate({ program, actionOf }: CommandLine): void {
  withLockOptions(program.command('update [app...]'))
    .summary('move pets.lock to what the flakes are now')
    .description(
      "Moves the entries of pets.lock for the apps' flake-ref and nixpkgs to what these stand for now, and prints from where to where. Nothing is built or applied: `pets diff` shows what it changes, `pets up` applies it. Local flakes are not pinned. Apps that are held are left out, and refused by name. With --due it takes the backups that are due, and updates the apps whose `update` key says when, each by itself: it finds what is newer, brings the app to it as `up` does, and writes the new pins once they serve; what fails goes back, and a major step waits.",
    )
    .addOption(dryRun())
    .option(
      '--due',
      'back up and update the apps whose `backup.schedule` or `update.schedule` came since the last time',
      false,
    )
    .option('--allow-major', 'update the named apps now, as --due does, to a new major version too', false)
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      examples(
        'pets update',
        'pets update web && pets up web',
        'pets update --due',
        'pets update web --allow-major',
        'pets update --json',
      ),
    )
    .action(actionOf(update));
}

/** Moves the selected apps' entries of `pets.lock` to what their flake-refs stand for now. Applies nothing. */
async function update(
  runtime: Runtime,
  options: UpdateOptions,
  selectors: readonly string[],
): Promise<ExitCode> {
  const now = () => updateNow(runtime, options, selectors);
  if (options.due && options.dryRun !== true) return unattended(runtime, 'update --due', now);
  if (options.due || options.allowMajor) return now();
  const read = async () => {
    const project = await runtime.project();
    return { ...project, only: selectNamed(selectors, project.manifest) };
  };
  return withLock(runtime, { ...options, read }, async ({ only, ...project }) => {
    const { apps, project: name } = project.manifest;
    const lockPath = lockPathOf(project);
    const selected = apps.filter((app) => only === null || only.has(app.name));
    const held = await heldAmong(runtime, project.manifest, selected, selectors);
    const chosen = selected.filter((app) => !held.has(app.name));
    const urls = [...new Set(chosen.flatMap(pinnedUrls))].sort();
    for (const app of selected.filter((one) => held.has(one.name)))
      runtime.output.notice('note', leftOut(app, held.get(app.name), urls));
    const isDry = options.dryRun === true;
    const find = (url: string, pin: Promise<Locked>) =>
      tellWaiting(`Nix to find ${url}`, pin, runtime.output);
    const moved = await moveUrls(urls, { ...project, lockPath }, { isDry, find, runtime });
    const refs = moved.map(recordOf);
    runtime.output.write(
      options.json
        ? jsonText({ version: 1, project: name, refs, held: [...held.keys()] })
        : textOf(moved, selected.length, held.size > 0, isDry),
    );
    const problems = moved.flatMap(({ problem }) => problem ?? []);
    if (problems.length > 0) throw new ProblemError(problems);
    return EXIT.ok;
  });
}

/** Those of the selected that somebody holds. One that is named by its name is refused: a pattern only leaves it out. */
async function heldAmong(
  runtime: Runtime,
  manifest: Project['manifest'],
  selected: readonly ManifestApp[],
  selectors: readonly string[],
): Promise<ReadonlyMap<AppName, Hold>> {
  const all = await heldApps(runtime, manifest);
  if (all === null)
    runtime.output.notice('note', 'no Incus answers here, so whether an app is held is not known');
  const held = [...(all ?? [])].filter(([name]) => selected.some((app) => app.name === name));
  const refused = held.filter(([name]) => selectors.includes(name));
  if (refused.length > 0) throw new ProblemError(refused.map(([name, hold]) => refusalOf(name, hold)));
  return new Map(held);
}

/** What it shares with an app that is not held moves for that one. */
function leftOut(app: ManifestApp, hold: Hold | undefined, urls: readonly string[]): string {
  const shared = pinnedUrls(app).filter((url) => urls.includes(url));
  const moves = shared.length === 0 ? '' : `; ${shared.join(', ')} moves for others`;
  return `${app.name} is left out${moves}: ${hold ? holdWords(app.name, hold) : ''}`;
}

/** Most of it is waiting for somebody else's server. */
const AT_A_TIME = 4;

/** `find`: as long as it takes, it says what is waited for. */
type Moving = {
  readonly isDry: boolean;
  readonly runtime: Runtime;
  readonly find: (url: string, pin: Promise<Locked>) => Promise<Locked>;
};

/** One that cannot be had leaves the others alone, and its own entry as it is. */
async function moveUrls(
  urls: readonly string[],
  project: Project & { readonly lockPath: string },
  { isDry, find, runtime }: Moving,
): Promise<Moved[]> {
  const { lock, manifest } = project;
  const file = lockFileOf(project);
  const nix = nixFor(runtime, project);
  const moved: Moved[] = [];
  const move = async (url: string) => {
    const from = Object.hasOwn(lock.refs, url) ? (lock.refs[url] ?? null) : null;
    const apps = manifest.apps.filter((app) => pinnedUrls(app).includes(url)).map(({ name }) => name);
    try {
      const to = await find(url, nix.lock(url));
      const isOther = to.locked !== from?.locked || to.narHash !== from.narHash;
      if (isOther && !isDry) await movePinOfAll(file, url, to);
      moved.push({ url, apps, from, to, problem: null });
    } catch (error) {
      moved.push({ url, apps, from, to: null, problem: problemOf(error) });
    }
  };
  const left = [...urls];
  const worker = async () => {
    for (let url = left.shift(); url !== undefined; url = left.shift()) await move(url);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return moved.sort((a, b) => (a.url < b.url ? -1 : 1));
}

function hasMoved({ from, to }: Moved): boolean {
  return to !== null && to.locked !== from?.locked;
}

function recordOf(moved: Moved): object {
  const { url, apps, from, to, problem } = moved;
  return { url, apps, from, to, changed: hasMoved(moved), problem: problem?.message ?? null };
}

function textOf(moved: readonly Moved[], selected: number, isHeld: boolean, isDry: boolean): string {
  if (moved.length === 0 && isHeld) return 'Nothing was moved.\n';
  if (moved.length === 0)
    return `Nothing is pinned: ${selected === 0 ? 'there are no apps' : 'what is local is followed as it is'}.\n`;
  const rows = moved.map((one) => [one.url, shortOf(one.from), outcomeOf(one), one.apps.join(', ')]);
  const words = isDry
    ? 'pets.lock is as it was: `pets update` moves it.'
    : '`pets diff` shows what that changes, `pets up` applies it.';
  const next = moved.some(hasMoved) ? `\n${words}\n` : '';
  return `${table(rows, ['FLAKE', 'FROM', 'TO', 'APPS'])}${next}`;
}

function outcomeOf(moved: Moved): string {
  if (moved.problem) return 'failed';
  return hasMoved(moved) ? shortOf(moved.to) : 'unchanged';
}

function shortOf(locked: Locked | null): string {
  if (locked === null) return '-';
  return locked.rev?.slice(0, 7) ?? revisionOf(locked.narHash) ?? locked.narHash;
}
