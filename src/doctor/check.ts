import { endsWithin } from '../lib/wait.js';
import { type Diagnosis, type Finding, unknown } from '../domain/finding.js';
import { problemOf } from '../domain/problem.js';
import type { World } from './world.js';

export type Check = { readonly name: string; readonly find: (world: World) => Promise<Finding> };

/** `gather` finds facts and may fail; `judge` is pure. */
export function check<Facts>(
  name: string,
  gather: (world: World) => Facts | Promise<Facts>,
  judge: (facts: Facts) => Finding,
): Check {
  return { name, find: async (world) => judge(await gather(world)) };
}

/** Runs all of them at once. One that fails or takes longer than `limitMs` is not known, and holds up no other. */
export function diagnose(checks: readonly Check[], world: World, limitMs: number): Promise<Diagnosis[]> {
  return Promise.all(
    checks.map(async ({ name, find }) => ({ check: name, ...(await withinLimit(limitMs, find(world))) })),
  );
}

async function withinLimit(limitMs: number, finding: Promise<Finding>): Promise<Finding> {
  const found = finding.catch((error: unknown) => unknown(problemOf(error).message));
  return (await endsWithin(found, limitMs)) ? found : unknown(`no answer within ${limitMs / 1000} s`);
}
