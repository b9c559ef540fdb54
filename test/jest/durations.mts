/** Where the time of a run went: the slowest files, and the sum of each folder, at its end. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { DURATIONS, ROOT } from '../support/places.js';

type Timed = { readonly file: string; readonly ms: number; readonly tests: number };

/** What Jest says of a run, as far as it is read here. */
type Results = { readonly testResults: readonly FileResult[] };
type FileResult = Readonly<Record<'numPassingTests' | 'numFailingTests' | 'numPendingTests', number>> & {
  readonly testFilePath: string;
  readonly perfStats: { readonly runtime: number };
};

const SLOWEST = 10;

/** Jest's reporter. `PETS_TEST_TIMES` names the file in which a run of several parts gathers its times. */
export default class Durations {
  onRunComplete(_contexts: unknown, { testResults }: Results): void {
    const times = testResults.map((result) => ({
      file: relative(ROOT, result.testFilePath),
      ms: result.perfStats.runtime,
      tests: result.numPassingTests + result.numFailingTests,
      isWhole: result.numPendingTests === 0 && result.numFailingTests === 0,
    }));
    if (process.env['PETS_TEST_RECORD'] === '1') record(times.filter(({ isWhole }) => isWhole));
    const gathered = process.env['PETS_TEST_TIMES'];
    if (gathered === undefined) process.stderr.write(tableOf(times));
    else for (const time of times) appendFileSync(gathered, `${JSON.stringify(time)}\n`);
  }
}

/** The order of the next runs is made from it. */
function record(times: readonly Timed[]): void {
  const known = JSON.parse(readFileSync(DURATIONS, 'utf8')) as Record<string, number>;
  for (const { file, ms } of times) known[file] = Math.ceil(ms / 1000);
  const sorted = Object.entries(known).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(DURATIONS, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

/** `file`: one that runs have gathered their times in. */
export function gatheredTable(file: string): string {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return tableOf(lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Timed));
}

/** There is nothing to say of a few files. */
function tableOf(times: readonly Timed[]): string {
  if (times.length <= SLOWEST) return '';
  const slowest = [...times].sort((a, b) => b.ms - a.ms).slice(0, SLOWEST);
  const folders = new Map<string, Timed>();
  for (const { file, ms, tests } of times) {
    const name = dirname(file);
    const before = folders.get(name) ?? { file: name, ms: 0, tests: 0 };
    folders.set(name, { file: name, ms: before.ms + ms, tests: before.tests + tests });
  }
  const sums = [...folders.values()].sort((a, b) => b.ms - a.ms);
  return [
    '\nThe slowest files',
    ...rows(slowest),
    '\nEach folder, all its files together',
    ...rows(sums),
    '',
  ].join('\n');
}

const rows = (times: readonly Timed[]): string[] =>
  times.map(({ file, ms, tests }) => {
    const seconds = (ms / 1000).toFixed(1).padStart(8);
    return `${seconds} s  ${file} (${tests} ${tests === 1 ? 'test' : 'tests'})`;
  });
