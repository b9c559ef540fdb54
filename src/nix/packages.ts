import { closureOf, isRefusal, sizesOf } from '../domain/closure.js';
import type { PackageChange } from '../domain/plan.js';
import type { Exec } from '../lib/program.js';
import { FailedProgram } from '../domain/problem.js';

/**
 * How the packages of two systems' closures differ, sorted by name. Null: one of the two is not in this host's store.
 * Rejects with a ProblemError where Nix cannot be asked.
 */
export async function packagesBetween(
  from: string,
  to: string,
  exec: Exec,
): Promise<readonly PackageChange[] | null> {
  if (from === to) return [];
  const [before, after] = await Promise.all([pathsOf(from, exec), pathsOf(to, exec)]);
  if (!before || !after) return null;
  const apart = [...itemsNotIn(before, after), ...itemsNotIn(after, before)];
  const sizes = await sizesOf(apart, exec);
  if (isRefusal(sizes)) throw storeRefused('the sizes of packages', sizes.refusal);
  return packageChanges(before, after, sizes);
}

/** Pure: by the paths of both closures. `sizes`: bytes, of each path that only one of the two has. */
export function packageChanges(
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
): PackageChange[] {
  const growth = new Map<string, number>();
  const grow = (path: string, sign: 1 | -1) => {
    const { name } = packageOf(path);
    growth.set(name, (growth.get(name) ?? 0) + sign * (sizes.get(path) ?? 0));
  };
  for (const path of itemsNotIn(before, after)) grow(path, -1);
  for (const path of itemsNotIn(after, before)) grow(path, 1);
  const [old, fresh] = [versionsByName(before), versionsByName(after)];
  const changes = [...growth].map(([name, bytes]) => {
    const [from, to] = [old.get(name) ?? NONE, fresh.get(name) ?? NONE];
    return {
      name,
      from: itemsNotIn(from, to).sort(byNumbers),
      to: itemsNotIn(to, from).sort(byNumbers),
      bytes,
    };
  });
  return changes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Name and version as Nix tells them apart: the version begins at the first dash that no letter follows. The name of
 * an output (`-bin`, `-lib64`) is no part of it; `''` where there is none.
 */
export function packageOf(path: string): { readonly name: string; readonly version: string } {
  const whole = path.replace(/^.*\/[0-9a-z]{32}-/, '');
  const [, system, label] = SYSTEM.exec(whole) ?? [];
  if (system !== undefined && label !== undefined) return { name: system, version: label };
  const [, name = whole, version = ''] = /^(.*?)-([^A-Za-z].*)$/.exec(whole) ?? [];
  return { name, version: version.replace(OUTPUT, '') };
}

/** A system's name has its host's in it, which may have digits after a dash, but no dot. */
const SYSTEM = /^(nixos-system)-[^.]*-(\d+\.\d.*)$/;
/** Words that only look like the name of an output. */
const OUTPUT = /-(?!(?:alpha|beta|pre|rc|unstable)$)(?:[a-z]+|lib32|lib64)$/;

const NONE: ReadonlySet<string> = new Set();

function itemsNotIn(all: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return [...all].filter((item) => !others.has(item));
}

function byNumbers(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function versionsByName(paths: ReadonlySet<string>): ReadonlyMap<string, ReadonlySet<string>> {
  const versions = new Map<string, Set<string>>();
  for (const path of paths) {
    const { name, version } = packageOf(path);
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  return versions;
}

async function pathsOf(toplevel: string, exec: Exec): Promise<ReadonlySet<string> | null> {
  const paths = await closureOf(toplevel, exec);
  if (!isRefusal(paths)) return new Set(paths);
  if (/is not valid/.test(paths.refusal)) return null;
  throw storeRefused(`what belongs to ${toplevel}`, paths.refusal);
}

function storeRefused(what: string, stderr: string): FailedProgram {
  const log = stderr.trimEnd().split('\n');
  return new FailedProgram(
    { code: 'nix-failed', message: `nix-store could not tell ${what}: ${log.at(-1) ?? ''}` },
    log,
  );
}
