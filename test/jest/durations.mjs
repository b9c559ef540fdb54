/** Where the time of a run went: the slowest files, and the sum of each folder, at its end. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ file: string, ms: number, tests: number }} Timed */

const root = fileURLToPath(new URL('../..', import.meta.url));
const recorded = fileURLToPath(new URL('durations.json', import.meta.url));
const SLOWEST = 10;

/** Jest's reporter. `PETS_TEST_TIMES` names the file in which a run of several parts gathers its times. */
export default class Durations {
  /**
   * @param {unknown} _contexts
   * @param {{ testResults: { testFilePath: string, perfStats: { runtime: number }, numPassingTests: number,
   *   numFailingTests: number, numPendingTests: number }[] }} results
   */
  onRunComplete(_contexts, { testResults }) {
    const times = testResults.map((result) => ({
      file: relative(root, result.testFilePath),
      ms: result.perfStats.runtime,
      tests: result.numPassingTests + result.numFailingTests,
      isWhole: result.numPendingTests === 0 && result.numFailingTests === 0,
    }));
    if (process.env.PETS_TEST_RECORD === '1') record(times.filter(({ isWhole }) => isWhole));
    const gathered = process.env.PETS_TEST_TIMES;
    if (gathered === undefined) process.stderr.write(tableOf(times));
    else for (const time of times) appendFileSync(gathered, `${JSON.stringify(time)}\n`);
  }
}

/**
 * Kept beside this file: the order of the next runs is made from it.
 * @param {Timed[]} times
 */
function record(times) {
  /** @type {Record<string, number>} */
  const known = JSON.parse(readFileSync(recorded, 'utf8'));
  for (const { file, ms } of times) known[file] = Math.ceil(ms / 1000);
  const sorted = Object.entries(known).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(recorded, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

/**
 * @param {string} file one that runs have gathered their times in
 * @returns {string}
 */
export function gatheredTable(file) {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return tableOf(lines.filter((line) => line !== '').map((line) => JSON.parse(line)));
}

/**
 * @param {Timed[]} times
 * @returns {string} nothing to say of a few files
 */
export function tableOf(times) {
  if (times.length <= SLOWEST) return '';
  const slowest = [...times].sort((a, b) => b.ms - a.ms).slice(0, SLOWEST);
  /** @type {Map<string, Timed>} */
  const folders = new Map();
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

/** @param {Timed[]} times */
const rows = (times) =>
  times.map(({ file, ms, tests }) => {
    const seconds = (ms / 1000).toFixed(1).padStart(8);
    return `${seconds} s  ${file} (${tests} ${tests === 1 ? 'test' : 'tests'})`;
  });
