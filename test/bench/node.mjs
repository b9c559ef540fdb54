/**
 * `npm run test:node [-- units|stories] [22 26]`: the units and two stories under other releases of Node, the newest of
 * each line. A deprecation warning, of the tests or of a `pets` that they run, is a failure.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ensureBuilt, ensureDeps } from './deps.mjs';
import { BenchError, handOver, logToStderr, repository, run, runMain, withLock } from './run.mjs';

/** Those that package.json's `engines` speaks for; the even ones, which get long-term support. */
const LINES = ['20', '22', '24', '26'];
/** What each release runs. Of the stories, what is drawn on a terminal; builds, guests, programs that talk to them. */
const PARTS = {
  units: ['node_modules/jest/bin/jest.js', '--selectProjects', 'unit', '--maxWorkers=100%'],
  stories: ['test/bench/test.mjs', '--story', 'story/terminal.test', 'story/everyday.test'],
};
const folder = join(repository, 'test/bench/.cache/node');

/**
 * The program, from npm: the packages of the package `node`, one for each kind of machine.
 * @param {string} line
 * @returns {Promise<{ version: string, program: string }>}
 */
async function ensureNode(line) {
  const name = `node-linux-${process.arch}`;
  const version = newestOf(await run('npm', ['view', '--json', `${name}@${line}`, 'version']), line);
  const home = join(folder, version);
  const program = join(home, 'bin/node');
  if (!existsSync(program)) await download(`${name}@${version}`, home);
  removeOthers(line, version);
  return { version, program };
}

/**
 * @param {string} printed one version, or a list of them
 * @param {string} line
 * @returns {string}
 */
function newestOf(printed, line) {
  const versions = [JSON.parse(printed || '[]')].flat();
  const numbers = (/** @type {string} */ version) => version.split('.').map(Number);
  const order = (/** @type {string} */ a, /** @type {string} */ b) => {
    const [left, right] = [numbers(a), numbers(b)];
    const at = left.findIndex((part, n) => part !== right[n]);
    return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
  };
  const newest = versions.sort(order).at(-1);
  if (newest === undefined) throw new BenchError(`npm has no Node ${line} for this machine.`);
  return newest;
}

/**
 * @param {string} what a package at a version; npm checks that its file is the right one
 * @param {string} home appears only when it is whole
 */
async function download(what, home) {
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

/**
 * Each is a hundred megabytes.
 * @param {string} line
 * @param {string} version
 */
function removeOthers(line, version) {
  const others = readdirSync(folder).filter((name) => name.startsWith(`${line}.`) && name !== version);
  for (const name of others) rmSync(join(folder, name), { recursive: true });
}

/**
 * @param {{ version: string, program: string }} node
 * @param {(keyof typeof PARTS)[]} names
 * @returns {Promise<{ version: string, parts: { name: string, code: number, seconds: number }[] }>}
 */
async function testUnder({ version, program }, names) {
  const env = {
    PATH: [dirname(program), process.env.PATH ?? ''].join(delimiter),
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --throw-deprecation`.trim(),
  };
  const parts = [];
  for (const name of names) {
    logToStderr(`Node ${version}: ${name}…`);
    const began = Date.now();
    const code = await handOver(program, PARTS[name], env);
    parts.push({ name, code, seconds: Math.round((Date.now() - began) / 1000) });
    // Whoever interrupts them wants no more.
    if (code > 128) process.exit(code);
  }
  return { version, parts };
}

/**
 * @param {string[]} args
 * @returns {{ lines: string[], parts: (keyof typeof PARTS)[] }} all of what they do not name
 */
function readArgs(args) {
  const isPart = (/** @type {string} */ arg) => Object.hasOwn(PARTS, arg);
  const parts = /** @type {(keyof typeof PARTS)[]} */ (Object.keys(PARTS));
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
  await withLock(logToStderr, async () => {
    await ensureDeps();
    await ensureBuilt();
  });
  const results = [];
  for (const line of asked.lines) results.push(await testUnder(await ensureNode(line), asked.parts));
  for (const { version, parts } of results) {
    const words = parts.map(
      ({ name, code, seconds }) => `${name} ${code === 0 ? 'ok' : 'red'} (${seconds} s)`,
    );
    process.stderr.write(`Node ${version.padEnd(9)} ${words.join(', ')}\n`);
  }
  return results.every(({ parts }) => parts.every(({ code }) => code === 0)) ? 0 : 1;
});
