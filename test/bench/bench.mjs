/** The test bench: Incus, Nix, a guest userland and the stand-in nixpkgs. `node test/bench/bench.mjs up|down|status` */
import { fileURLToPath } from 'node:url';
import { lowLimits, raiseLimits } from './host.mjs';
import { ensureDaemon, isDaemonInstalled, ownDaemon, stopOwnDaemon } from './incus.mjs';
import { findDaemon } from './incus-api.mjs';
import { setUpIncus } from './incus-setup.mjs';
import { describeImage, ensureImage } from './image.mjs';
import { checkNixBuilds, configureNix, isBenchNix } from './nix.mjs';
import { install } from './packages.mjs';
import { ensureStandIn } from './standin.mjs';
import { BenchError, isInstalled, logToStderr, runMain, withLock } from './run.mjs';
import { ensureUserland, knownUserland } from './userland.mjs';

/** @typedef {import('./run.mjs').Log} Log */

/**
 * Brings up what is missing, and nothing else.
 * @param {{ log: Log }} options
 * @returns {Promise<{ nixpkgs: string, socket: string, userland: string, image: string }>} the stand-in's flake ref,
 *   the daemon's socket, the userland's store path, the alias of the image with Nix in it
 */
export const bringUp = ({ log }) =>
  withLock(log, async () => {
    const socket = await prepareMachine(log);
    const standIn = await prepareStandIn(log);
    return { socket, ...standIn, image: await ensureImage(socket, standIn.nixpkgs, log) };
  });

/**
 * Incus and Nix only: all that pets needs where the real nixpkgs can be had.
 * @param {{ log: Log }} options
 */
export const bringUpMachine = ({ log }) => withLock(log, () => prepareMachine(log));

/**
 * Stops the daemon if the bench started it, with its guests. All that was installed or made stays.
 * @param {{ log: Log }} options
 */
export const takeDown = ({ log }) => withLock(log, () => stopOwnDaemon(log));

/**
 * @param {Log} log
 * @returns {Promise<string>} the daemon's socket
 */
async function prepareMachine(log) {
  const lacksIncus = (await findDaemon()) === undefined && !isDaemonInstalled();
  const lacksNix = !isInstalled('nix');
  if (lacksIncus) await install('incus', log);
  if (lacksNix) await install('nix', log);
  configureNix({ installed: lacksNix, log });
  raiseLimits(log);
  const socket = await ensureDaemon(log);
  await setUpIncus(socket, log);
  return socket;
}

/** @param {Log} log */
async function prepareStandIn(log) {
  const userland = await ensureUserland(log);
  await checkNixBuilds(userland, log);
  return { userland, nixpkgs: await ensureStandIn(userland, log) };
}

/** Changes nothing. */
async function printStatus() {
  const socket = await findDaemon();
  const own = ownDaemon();
  const userland = isInstalled('nix') ? await knownUserland() : undefined;
  const nix = isBenchNix() ? 'set up by the bench' : "the machine's own";
  const limits = lowLimits().map(([name]) => name.replaceAll('/', '.'));
  const facts = {
    incus: socket === undefined ? 'no daemon' : `${socket}${own === undefined ? '' : ` (ours, pid ${own})`}`,
    nix: isInstalled('nix') ? nix : 'not installed',
    userland: userland ?? 'not made',
    image: socket === undefined ? 'no daemon' : await describeImage(socket),
    limits: limits.length === 0 ? 'fine' : `too low: ${limits.join(', ')}`,
  };
  for (const [name, fact] of Object.entries(facts)) process.stdout.write(`${name.padEnd(9)} ${fact}\n`);
  return socket !== undefined && userland !== undefined ? 0 : 1;
}

/** @param {string[]} args */
async function main([verb]) {
  const log = logToStderr;
  if (verb === 'status') return printStatus();
  if (verb === 'down') return takeDown({ log });
  if (verb !== 'up') throw new BenchError('usage: node test/bench/bench.mjs up|down|status');
  const facts = await bringUp({ log });
  for (const [name, fact] of Object.entries(facts)) process.stdout.write(`${name.padEnd(9)} ${fact}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(() => main(process.argv.slice(2)));
