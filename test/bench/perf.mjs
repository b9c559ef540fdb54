/**
 * `npm run bench:perf`: what a run of pets costs when there is nothing to do, beside the two things that it cannot do
 * without: starting Node and asking the daemon. Flags: --rounds 20, --apps 1,10,50
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { bringUp } from './bench.mjs';
import { ensureBuilt, ensureDeps } from './deps.mjs';
import { call } from './incus-api.mjs';
import { factsOf } from './perf-facts.mjs';
import { Fleet, freeRange } from './perf-fleet.mjs';
import { BenchError, logToStderr, runMain, withLock } from './run.mjs';

/** @typedef {{ name: string, command: 'node' | 'incus', args: string[] }} Subject */
/** @typedef {Record<'lower' | 'median' | 'upper', number>} Spread quartiles, ms */
/** @typedef {{ subject: Subject, spread: Spread, facts: import('./perf-facts.mjs').Facts }} Row */
/** @typedef {{ apps: number, grown: number, rows: Row[] }} Stage grown: ms that `pets up` took to get there */

/** The only request that pets makes when there is nothing to do. */
const oneRequest = '/1.0/instances?recursion=1&all-projects=true';

/** @param {string} program of pets */
const subjectsOf = (program) =>
  /** @type {const} @satisfies {Subject[]} */ ([
    { name: 'node -e 0', command: 'node', args: ['-e', '0'] },
    { name: 'incus list --format json', command: 'incus', args: ['list', '--format', 'json'] },
    { name: 'incus query (recursion=1)', command: 'incus', args: ['query', oneRequest] },
    { name: 'pets diff', command: 'node', args: [program, 'diff'] },
    { name: 'pets up', command: 'node', args: [program, 'up', '--yes'] },
  ]);

let isStopped = false;

function readFlags() {
  const options = /** @type {const} */ ({
    rounds: { type: 'string', default: '20' },
    apps: { type: 'string', default: '1,10,50' },
  });
  const { values } = parseArgs({ options });
  const numbers = [values.rounds, ...values.apps.split(',')].map(Number);
  if (!numbers.every((number) => Number.isSafeInteger(number) && number > 0))
    throw new BenchError('usage: node test/bench/perf.mjs [--rounds 20] [--apps 1,10,50]');
  const [rounds = 0, ...sizes] = numbers;
  return { rounds, sizes: sizes.sort((a, b) => a - b) };
}

/**
 * @param {Fleet} fleet
 * @param {number} apps
 * @param {number} rounds
 * @returns {Promise<Stage>}
 */
async function measure(fleet, apps, rounds) {
  logToStderr(`\`pets up\` for ${apps}…`);
  const grown = await fleet.growTo(apps);
  logToStderr(`created within ${seconds(grown)}; measuring…`);
  const subjects = subjectsOf(fleet.program);
  const times = await timesOf(fleet, subjects, rounds);
  const rows = [];
  for (const [index, subject] of subjects.entries())
    rows.push({ subject, spread: spreadOf(times[index] ?? []), facts: await factsOf(fleet, subject) });
  return { apps, grown, rows };
}

/**
 * One run of each per round, so that whatever else the machine does meets all of them alike.
 * @param {Fleet} fleet
 * @param {readonly Subject[]} subjects
 * @param {number} rounds
 * @returns {Promise<number[][]>} ms, by subject
 */
async function timesOf(fleet, subjects, rounds) {
  /** @type {number[][]} */
  const times = subjects.map(() => []);
  // The first round only warms up the page cache.
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      // Nobody always runs after the same one.
      const index = (round + turn) % subjects.length;
      const subject = subjects[index];
      if (subject === undefined) continue;
      const start = performance.now();
      await fleet.run(subject.command, subject.args);
      if (round > 0) times[index]?.push(performance.now() - start);
      if (isStopped) throw new BenchError('interrupted');
    }
  }
  return times;
}

/**
 * @param {number[]} times
 * @returns {Spread}
 */
function spreadOf(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** @param {Stage[]} stages */
function printTable(stages) {
  const head = ['apps', 'command', 'median', 'quartiles', 'peak memory', 'requests', 'programs run'];
  const body = stages.flatMap(({ apps, rows }) =>
    rows.map(({ subject, spread, facts }) => [
      String(apps),
      subject.name,
      `${spread.median.toFixed(0)} ms`,
      `${spread.lower.toFixed(0)}–${spread.upper.toFixed(0)}`,
      facts.peakMB === null ? '' : `${facts.peakMB.toFixed(0)} MB`,
      String(facts.requests.length),
      facts.started === null ? '' : String(facts.started.length),
    ]),
  );
  const table = [head, ...body];
  const widths = head.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  for (const cells of table) {
    const padded = cells.map((cell, column) =>
      column === 1 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    process.stdout.write(`${padded.join('  ').trimEnd()}\n`);
  }
}

/** @param {Stage[]} stages */
function printFindings(stages) {
  const line = (/** @type {string} */ text) => process.stdout.write(`${text}\n`);
  for (const { apps, rows } of stages) {
    const median = (/** @type {string} */ start) =>
      rows.find(({ subject }) => subject.name.startsWith(start))?.spread.median ?? NaN;
    const to = (/** @type {string} */ other) =>
      (median('pets diff') / (median('node') + median(other))).toFixed(2);
    line(
      `${apps} ${apps === 1 ? 'app' : 'apps'}: pets diff = ${to('incus list')} × (node -e 0 + incus list), ` +
        `${to('incus query')} × (node -e 0 + incus query)`,
    );
  }
  line('');
  for (const { subject, facts } of stages.at(-1)?.rows ?? [])
    for (const requested of facts.requests) line(`${subject.name} asks: ${requested}`);
  line('');
  for (const [index, { apps, grown }] of stages.entries())
    line(`pets up from ${stages[index - 1]?.apps ?? 0} to ${apps}: ${seconds(grown)}`);
}

await runMain(async () => {
  const { rounds, sizes } = readFlags();
  // What is measured must not depend on the caller's settings.
  for (const key of Object.keys(process.env)) if (key.startsWith('PETS_')) delete process.env[key];
  await withLock(logToStderr, async () => {
    await ensureDeps();
    await ensureBuilt();
  });
  const { nixpkgs, socket } = await bringUp({ log: logToStderr });
  const firstPort = await freeRange(sizes.at(-1) ?? 1);
  const { server_version: incus } = (await call(socket, 'GET', '/1.0')).environment;
  const others = (await call(socket, 'GET', '/1.0/instances')).length;

  // The run that is under way is ended by it; all that was made is removed then.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => (isStopped = true));
  const fleet = new Fleet({ nixpkgs, socket, firstPort });
  /** @type {Stage[]} */
  const stages = [];
  try {
    for (const size of sizes) stages.push(await measure(fleet, size, rounds));
  } finally {
    await fleet.disband();
  }
  process.stdout.write(
    `${rounds} rounds; Incus ${incus}, Node ${process.versions.node}, ${availableParallelism()} cores, ` +
      `${others} other containers\n\n`,
  );
  printTable(stages);
  process.stdout.write('\n');
  printFindings(stages);
});
