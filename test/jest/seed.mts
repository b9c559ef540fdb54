/** One seed for all that is drawn in a run: printed, so that the run can be repeated. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../support/places.js';

/** Jest's globalSetup. The workers inherit what is set here. */
export default function setSeed(): void {
  const seed = process.env['PETS_TEST_SEED'] ?? String(nextSeed());
  process.env['PETS_TEST_SEED'] = seed;
  const what = process.env['PETS_TEST_ALL'] === '1' ? 'all of it, no samples' : 'a sample';
  process.stderr.write(`seed ${seed} (${what}; PETS_TEST_SEED repeats it)\n`);
}

/**
 * Seeds of one machine follow one another: samples take turns by them, so that a few runs see everything. A machine
 * that has none yet begins anywhere, and one on which it cannot be kept draws one.
 */
export function nextSeed(): number {
  const folder = cacheFolder();
  const file = join(folder, 'seed');
  const seed = (lastSeed(file) ?? Math.floor(Math.random() * 1_000_000)) + 1;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, `${seed}\n`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EACCES' && code !== 'ENOENT' && code !== 'EROFS' && code !== 'EPERM') throw error;
    return Math.floor(Math.random() * 1_000_000);
  }
  return seed;
}

function lastSeed(file: string): number | undefined {
  try {
    const seed = Number(readFileSync(file, 'utf8'));
    return Number.isSafeInteger(seed) ? seed : undefined;
  } catch {
    // None was kept, or it cannot be read: another is drawn.
    return undefined;
  }
}
