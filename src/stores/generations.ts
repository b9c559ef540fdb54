import type { AppName, StorePath } from '../domain/names.js';
import { FailedProgram } from '../domain/problem.js';

/** A pet's profile directory, on the host or in the guest; paths are relative to it. */
export type ProfileDirectory = {
  /** Names in a folder; none where it is not there. */
  readonly list: (folder: string) => Promise<readonly string[]>;
  /** Target of a link, null when it is not there. */
  readonly read: (link: string) => Promise<string | null>;
  /** A link in place of one that is there. */
  readonly write: (link: string, target: string) => Promise<void>;
  readonly remove: (link: string) => Promise<void>;
  /** Null when the store has that system, which a running collection of garbage then spares; else what was said. */
  readonly missing: (toplevel: StorePath) => Promise<string | null>;
  /** `system` points at `system-<generation>-link`. */
  readonly point: (generation: number) => Promise<void>;
};

/**
 * Beside Nix' own `system-<N>-link`, a generation has a link of that number in this folder: `nix-collect-garbage -d`
 * removes from every profile of the machine what is not current. Links down here are GC roots just as well, and no
 * generations of any profile.
 */
export const KEPT = 'kept';
/**
 * Points at the last number that was given. Nix counts on from what is there: the number of a generation that was
 * removed would be given again, and what is recorded of the one be taken for the other. So numbers are given here.
 */
const NEWEST = `${KEPT}/newest`;

/** The number of `toplevel`, which is the current generation from now on; a new one is larger than `above`. */
export async function setGeneration(
  directory: ProfileDirectory,
  app: AppName,
  toplevel: StorePath,
  above: number,
): Promise<number> {
  const kept = await numbersIn(directory, KEPT);
  const there = await numbersIn(directory, '.');
  for (const number of there.filter((n) => !kept.includes(n))) {
    const system = await directory.read(linkOf(number));
    if (system !== null) await directory.write(`${KEPT}/${number}`, system);
  }
  const current = await currentOf(directory);
  if (current > 0 && (await directory.read(linkOf(current))) === toplevel) return current;

  const number = Math.max(above, lastNumber(await directory.read(NEWEST)), ...there, ...kept) + 1;
  await directory.write(NEWEST, String(number));
  await pointAt(directory, app, number, toplevel);
  return number;
}

/** The links come first: what is found in the store after that stays there. */
export async function pointAt(
  directory: ProfileDirectory,
  app: AppName,
  number: number,
  toplevel: StorePath,
): Promise<void> {
  for (const link of [`${KEPT}/${number}`, linkOf(number)])
    if ((await directory.read(link)) !== toplevel) await directory.write(link, toplevel);
  const said = await directory.missing(toplevel);
  if (said !== null) throw gone(app, { number, toplevel }, said);
  await directory.point(number);
}

/** All but those of `keep` and the current one; none where there is no current one. */
export async function removableGenerations(
  directory: Pick<ProfileDirectory, 'list' | 'read'>,
  keep: readonly number[],
): Promise<readonly number[]> {
  const current = await currentOf(directory);
  if (current === 0) return [];
  const there = new Set([...(await numbersIn(directory, '.')), ...(await numbersIn(directory, KEPT))]);
  return [...there].filter((number) => number !== current && !keep.includes(number));
}

/** How many were removed. */
export async function removeGenerations(
  directory: ProfileDirectory,
  keep: readonly number[],
): Promise<number> {
  const removed = await removableGenerations(directory, keep);
  for (const number of removed)
    for (const link of [linkOf(number), `${KEPT}/${number}`]) await directory.remove(link);
  return removed.length;
}

export function linkOf(generation: number): string {
  return `system-${generation}-link`;
}

async function numbersIn(
  directory: Pick<ProfileDirectory, 'list'>,
  folder: string,
): Promise<readonly number[]> {
  const shape = folder === KEPT ? /^(\d+)$/ : /^system-(\d+)-link$/;
  return (await directory.list(folder)).flatMap((name) => shape.exec(name)?.slice(1).map(Number) ?? []);
}

/** 0: there is none. */
async function currentOf(directory: Pick<ProfileDirectory, 'read'>): Promise<number> {
  return Number(/-(\d+)-link$/.exec((await directory.read('system')) ?? '')?.[1] ?? 0);
}

/** `7`, or what the daemon makes of it: `/nix/var/nix/profiles/kept/7`. */
function lastNumber(target: string | null): number {
  return Number(/(\d+)$/.exec(target ?? '')?.[1] ?? 0);
}

function gone(
  app: AppName,
  { number, toplevel }: { readonly number: number; readonly toplevel: StorePath },
  said: string,
): FailedProgram {
  return new FailedProgram(
    {
      code: 'system-missing',
      data: { generation: number, path: toplevel },
      app,
      message: `the system of generation ${number} is not in the store any more: ${toplevel}`,
      hint: `\`pets up ${app}\` builds what the manifest says`,
    },
    said.trimEnd().split('\n'),
  );
}

/** `count(2, 'path')` → `2 paths`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A program of Nix that failed: its last line says why. */
export function nixFailed(app: AppName, what: string, stderr: string): FailedProgram {
  const log = stderr.trimEnd().split('\n');
  return new FailedProgram({ code: 'nix-failed', app, message: `${what}: ${log.at(-1) ?? ''}` }, log);
}
