/**
 * `npm run bench:perf`: what a run of pets costs when there is nothing to do, beside the two things that it cannot do
 * without: starting Node and asking the daemon. Flags: --rounds 20, --apps 1,10,50
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { freeRange } from '../ports.js';
import { bringUp } from './bench.js';
import { ensureBuilt } from './built.js';
import { listed } from './incus-api.js';
import { versionOf } from './nixos-facts.js';
import { factsOf } from './perf-facts.js';
import { Fleet, type Subject } from './perf-fleet.js';
import { printFindings, printTable, seconds, type Row, type Spread, type Stage } from './perf-print.js';
import { BenchError, logToStderr, runMain } from './run.js';

/** The only request that pets makes when there is nothing to do. */
const oneRequest = '/1.0/instances?recursion=1&all-projects=true';

/** `program`: of pets. */
const subjectsOf = (program: string): Subject[] => [
  { name: 'node -e 0', command: 'node', args: ['-e', '0'] },
  { name: 'incus list --format json', command: 'incus', args: ['list', '--format', 'json'] },
  { name: 'incus query (recursion=1)', command: 'incus', args: ['query', oneRequest] },
  { name: 'pets diff', command: 'node', args: [program, 'diff'] },
  { name: 'pets up', command: 'node', args: [program, 'up', '--yes'] },
];

/** In an object: a signal sets it, which nobody who reads it sees coming. */
const run = { isStopped: false };

function readFlags(): { readonly rounds: number; readonly sizes: readonly number[] } {
  const options = {
    rounds: { type: 'string', default: '20' },
    apps: { type: 'string', default: '1,10,50' },
  } as const;
  const { values } = parseArgs({ options });
  const numbers = [values.rounds, ...values.apps.split(',')].map(Number);
  if (!numbers.every((number) => Number.isSafeInteger(number) && number > 0))
    throw new BenchError('usage: npm run bench:perf -- [--rounds 20] [--apps 1,10,50]');
  const [rounds = 0, ...sizes] = numbers;
  return { rounds, sizes: sizes.sort((a, b) => a - b) };
}

async function measure(fleet: Fleet, apps: number, rounds: number): Promise<Stage> {
  logToStderr(`\`pets up\` for ${apps}…`);
  const grown = await fleet.growTo(apps);
  logToStderr(`created within ${seconds(grown)}; measuring…`);
  const subjects = subjectsOf(fleet.program);
  const times = await timesOf(fleet, subjects, rounds);
  const rows: Row[] = [];
  for (const [index, subject] of subjects.entries())
    rows.push({ subject, spread: spreadOf(times[index] ?? []), facts: await factsOf(fleet, subject) });
  return { apps, grown, rows };
}

/** ms, by subject. One run of each per round, so that whatever else the machine does meets all of them alike. */
async function timesOf(fleet: Fleet, subjects: readonly Subject[], rounds: number): Promise<number[][]> {
  const times: number[][] = subjects.map(() => []);
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
      if (run.isStopped) throw new BenchError('interrupted');
    }
  }
  return times;
}

function spreadOf(times: readonly number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}

await runMain(async () => {
  const { rounds, sizes } = readFlags();
  // What is measured must not depend on the caller's settings.
  for (const key of Object.keys(process.env))
    if (key.startsWith('PETS_')) Reflect.deleteProperty(process.env, key);
  await ensureBuilt();
  const { nixpkgs, socket } = await bringUp(logToStderr);
  const [firstPort = 0] = await freeRange(sizes.at(-1) ?? 1);
  const incus = await versionOf(socket);
  const others = (await listed(socket, 'instances')).length;

  // The run that is under way is ended by it; all that was made is removed then.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => (run.isStopped = true));
  const fleet = new Fleet({ nixpkgs, socket, firstPort });
  const stages: Stage[] = [];
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
  return 0;
});
