import { createHash } from 'node:crypto';

/** Whether what is exhaustive runs whole: `npm run test:all`. */
export const isWhole = process.env['PETS_TEST_ALL'] === '1';

/** What all samples of a run are drawn with; the run prints it. Runs of one machine have one seed after the other. */
export const SEED = Number(process.env['PETS_TEST_SEED'] ?? 1);

/** Whether the n-th of a list is in the share of this run: each seed has the next one, so that `parts` runs see all. */
export function isDrawn(n: number, parts: number): boolean {
  return isWhole || n % parts === SEED % parts;
}

/** The share of a list that is this run's. */
export function sampleOf<T>(all: readonly T[], parts: number): readonly T[] {
  return all.filter((_, n) => isDrawn(n, parts));
}

/** As `sampleOf`, of a list whose order tells something: one stretch of it. */
export function partOf<T>(all: readonly T[], parts: number): readonly T[] {
  const size = all.length / parts;
  const n = SEED % parts;
  return isWhole ? all : all.slice(Math.floor(n * size), Math.floor((n + 1) * size));
}

/** What a property is checked with: one of `parts` of its examples, drawn with the seed of the run. */
export function examples(number: number, parts = 10): { readonly numRuns: number; readonly seed: number } {
  return { numRuns: isWhole ? number : Math.ceil(number / parts), seed: SEED };
}

/** From 0 to 1, for the n-th thing of a run that is to be anywhere between two ends. */
export function fractionOf(n: number): number {
  return createHash('sha256').update(`${SEED} ${n}`).digest().readUInt32BE() / 2 ** 32;
}
