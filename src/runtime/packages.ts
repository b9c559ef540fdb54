import { asks } from '../facets/index.js';
import { existsSync } from 'node:fs';
import type { Actual } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';
import type { AppPlan, PackageChange, Plan } from '../domain/plan.js';
import type { Desired, DesiredApp } from '../domain/desired.js';
import { packagesBetween } from '../nix/packages.js';
import { matchApps } from '../planner/match.js';
import { ProblemError } from '../domain/problem.js';
import type { Runtime } from './runtime.js';

export type Packages = ReadonlyMap<AppName, readonly PackageChange[]>;

type Compared = { readonly plan: Plan; readonly desired: Desired; readonly actual: Actual };

/**
 * How the packages of each app change whose system does, where both the system last applied and the new one are in
 * this host's store. `systemOf`: the new one's path; null: not known. Nothing is evaluated or built.
 */
export async function packagesOf(
  { programs, output }: Pick<Runtime, 'programs' | 'output'>,
  { plan, desired, actual }: Compared,
  systemOf: (app: DesiredApp) => string | null,
): Promise<Packages> {
  const packages = new Map<AppName, readonly PackageChange[]>();
  const instances = matchApps(desired, actual);
  const changing = new Set(plan.apps.filter(changesSystem).map(({ app }) => app));
  try {
    for (const app of desired.apps.filter(({ name }) => changing.has(name))) {
      const [from, to] = [instances.get(app.name)?.applied?.toplevel, systemOf(app)];
      if (from === undefined || to === null || !existsSync(from) || !existsSync(to)) continue;
      const changes = await packagesBetween(from, to, programs.exec);
      if (changes) packages.set(app.name, changes);
    }
  } catch (error) {
    // The plan is worth printing without them.
    if (!(error instanceof ProblemError)) throw error;
    output.notice('warning', `packages are not compared: ${error.message}`);
  }
  return packages;
}

/** A profile that somebody moved by hand makes no other system of the manifest. */
function changesSystem({ changes }: AppPlan): boolean {
  return changes.some((change) => asks(change, 'build') && change.kind !== 'drifted');
}
