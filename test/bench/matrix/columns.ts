/** What is run besides the machine's own Incus and Nix. */
import { BenchError } from '../run.js';

/** Suites of Debian whose Incus and Nix the tests can be run on; the first is run where none is named. */
export const columns = ['forky', 'trixie'];

/** Stories of what Incus and Nix do for pets; of a subject that is split, the shorter one. */
const stories = [
  'upgrade',
  'copy',
  'exposure',
  'storage',
  'crash-create',
  'deploy-remote',
  'verbs',
  'secrets',
];

/** A run has every fourth story; the next three have the others. */
const PARTS = 4;

/** Folders, for their `*.real.test.ts`, and files, as Jest takes them. */
export function testsOf(seed: number, isWhole: boolean): string[] {
  const drawn = stories.filter((_, n) => isWhole || n % PARTS === seed % PARTS);
  return [
    ...['incus', 'nix', 'guest', 'doctor'].map((room) => `test/${room}/`),
    ...drawn.map((story) => `test/story/${story}.test.ts`),
  ];
}

export function requireColumn(column: string): void {
  if (columns.includes(column)) return;
  throw new BenchError(`there is no column ${JSON.stringify(column)}; there are ${columns.join(' and ')}.`);
}
