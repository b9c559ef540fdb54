/**
 * `npm run test:node [-- units|stories] [22 26]`: the units and three stories under other releases of Node, the newest of
 * each line; of the files of units every third one, and the next runs the others. A deprecation warning, of the tests or of a `pets` that they run, is a failure.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { nextSeed } from '../jest/seed.mjs';
import { JEST, MADE, TYPESCRIPT } from '../support/places.js';
import { ensureBuilt } from './built.js';
import { BenchError, handOver, logToStderr, run, runMain } from './run.js';

/** Those that package.json's `engines` speaks for; the even ones, which get long-term support. */
const LINES = ['20', '22', '24', '26'];
/** What each release runs. Of the stories, what is drawn on a terminal; builds, guests, programs that talk to them. */
const PARTS = {
  units: [JEST, '--selectProjects', 'unit', '--maxWorkers=100%'],
  stories: [
    ...TYPESCRIPT,
    'test/bench/test.ts',
    '--story',
    'story/terminal.test',
    'story/everyday.test',
    'launch.real',
  ],
};
type Part = keyof typeof PARTS;
const folder = join(MADE, 'node');

type Release = { readonly version: string; readonly program: string };
type Tested = { readonly name: Part; readonly code: number; readonly seconds: number };

/** The program, from npm: the packages of the package `node`, one for each kind of machine. */
async function ensureNode(line: string): Promise<Release> {
  const name = `node-linux-${process.arch}`;
  const version = newestOf(await run('npm', ['view', '--json', `${name}@${line}`, 'version']), line);
  const home = join(folder, version);
  const program = join(home, 'bin/node');
  if (!existsSync(program)) await download(`${name}@${version}`, home);
  removeOthers(line, version);
  return { version, program };
}

/** `printed`: one version, or a list of them. */
function newestOf(printed: string, line: string): string {
  const versions = [JSON.parse(printed === '' ? '[]' : printed) as string | string[]].flat();
  const numbers = (version: string) => version.split('.').map(Number);
  const order = (a: string, b: string) => {
    const [left, right] = [numbers(a), numbers(b)];
    const at = left.findIndex((part, n) => part !== right[n]);
    return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
  };
  const newest = versions.sort(order).at(-1);
  if (newest === undefined) throw new BenchError(`npm has no Node ${line} for this machine.`);
  return newest;
}

/**
 * `what`: a package at a version; npm checks that its file is the right one
 * `home`: appears only when it is whole
 */
async function download(what: string, home: string): Promise<void> {
  logToStderr(`npm pack ${what}…`);
  mkdirSync(folder, { recursive: true });
  const made = mkdtempSync(join(folder, '.new-'));
  try {
    const file = await run('npm', ['pack', '--silent', '--pack-destination', made, what]);
    await run('tar', ['-xzf', join(made, file.trim()), '-C', made, 'package/bin/node']);
    renameSync(join(made, 'package'), home);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** Each is a hundred megabytes. */
function removeOthers(line: string, version: string): void {
  const others = readdirSync(folder).filter((name) => name.startsWith(`${line}.`) && name !== version);
  for (const name of others) rmSync(join(folder, name), { recursive: true });
}

/** Of the units; PETS_TEST_ALL has all of them. */
function shareOf(seed: string): string[] {
  return process.env['PETS_TEST_ALL'] === '1' ? [] : [`--shard=${1 + (Number(seed) % 3)}/3`];
}

async function testUnder({ version, program }: Release, names: readonly Part[]): Promise<Tested[]> {
  const seed = process.env['PETS_TEST_SEED'] ?? String(nextSeed());
  const env = {
    PETS_TEST_SEED: seed,
    PATH: [dirname(program), process.env['PATH'] ?? ''].join(delimiter),
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --throw-deprecation`.trim(),
  };
  const parts: Tested[] = [];
  for (const name of names) {
    logToStderr(`Node ${version}: ${name}…`);
    const began = Date.now();
    const share = name === 'units' ? shareOf(seed) : [];
    const code = await handOver(program, [...PARTS[name], ...share], env);
    parts.push({ name, code, seconds: Math.round((Date.now() - began) / 1000) });
    // Whoever interrupts them wants no more.
    if (code > 128) process.exit(code);
  }
  return parts;
}

/** All of what they do not name. */
function readArgs(args: readonly string[]): {
  readonly lines: readonly string[];
  readonly parts: readonly Part[];
} {
  const isPart = (arg: string) => Object.hasOwn(PARTS, arg);
  const parts = Object.keys(PARTS) as Part[];
  const lines = args.filter((arg) => !isPart(arg));
  if (!lines.every((line) => /^\d+$/.test(line)))
    throw new BenchError('usage: npm run test:node [-- units|stories] [20 22 …]');
  return {
    lines: lines.length > 0 ? lines : LINES,
    parts: args.some(isPart) ? parts.filter((part) => args.includes(part)) : parts,
  };
}

await runMain(async () => {
  const asked = readArgs(process.argv.slice(2));
  await ensureBuilt();
  const all: { version: string; parts: readonly Tested[] }[] = [];
  for (const line of asked.lines) {
    const release = await ensureNode(line);
    all.push({ version: release.version, parts: await testUnder(release, asked.parts) });
  }
  for (const { version, parts } of all) {
    const words = parts.map(
      ({ name, code, seconds }) => `${name} ${code === 0 ? 'ok' : 'red'} (${seconds} s)`,
    );
    process.stderr.write(`Node ${version.padEnd(9)} ${words.join(', ')}\n`);
  }
  return all.every(({ parts }) => parts.every(({ code }) => code === 0)) ? 0 : 1;
});
