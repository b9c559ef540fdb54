/** The test bench: Incus, Nix, a guest userland and the stand-in nixpkgs. `bench.ts up|down|status` */
import { lowLimits, raiseLimits } from './host.js';
import { ensureDaemon, isDaemonInstalled, ownDaemon, stopOwnDaemon } from './incus.js';
import { findDaemon } from './incus-api.js';
import { setUpIncus } from './incus-setup.js';
import { describeImage, ensureImage } from './image.js';
import { checkNixBuilds, ensureNix, isBenchNix } from './nix.js';
import { install } from './packages.js';
import { ensureStandIn } from './standin.js';
import { BenchError, isInstalled, isMain, logToStderr, runMain, withLock, type Log } from './run.js';
import { ensureUserland, knownUserland } from './userland.js';

export type Bench = {
  /** Flake reference of the stand-in. */
  readonly nixpkgs: string;
  /** Of the daemon. */
  readonly socket: string;
  /** Store path. */
  readonly userland: string;
  /** Alias of the one with Nix in it. */
  readonly image: string;
};

/** Brings up what is missing, and nothing else. */
export const bringUp = (log: Log): Promise<Bench> =>
  withLock(log, async () => {
    const socket = await prepareMachine(log);
    const standIn = await prepareStandIn(log);
    return { socket, ...standIn, image: await ensureImage(socket, standIn.nixpkgs, log) };
  });

/** Incus and Nix only: all that pets needs where the real nixpkgs can be had. The daemon's socket. */
export const bringUpMachine = (log: Log): Promise<string> => withLock(log, () => prepareMachine(log));

/** Stops the daemon if the bench started it, with its guests. All that was installed or made stays. */
const takeDown = (log: Log) => withLock(log, () => stopOwnDaemon(log));

async function prepareMachine(log: Log): Promise<string> {
  const lacksIncus = (await findDaemon()) === undefined && !isDaemonInstalled();
  if (lacksIncus) await install('incus', log);
  await ensureNix(log);
  raiseLimits(log);
  const socket = await ensureDaemon(log);
  await setUpIncus(socket, log);
  return socket;
}

async function prepareStandIn(log: Log): Promise<Pick<Bench, 'userland' | 'nixpkgs'>> {
  const userland = await ensureUserland(log);
  await checkNixBuilds(userland, log);
  return { userland, nixpkgs: await ensureStandIn(userland, log) };
}

/** Changes nothing. */
async function printStatus(): Promise<boolean> {
  const socket = await findDaemon();
  const own = ownDaemon();
  const userland = isInstalled('nix') ? await knownUserland() : undefined;
  const nix = isBenchNix() ? 'set up by the bench' : "the machine's own";
  const limits = lowLimits().map(([name]) => name.replaceAll('/', '.'));
  printFacts({
    incus: socket === undefined ? 'no daemon' : `${socket}${own === undefined ? '' : ` (ours, pid ${own})`}`,
    nix: isInstalled('nix') ? nix : 'not installed',
    userland: userland ?? 'not made',
    image: socket === undefined ? 'no daemon' : await describeImage(socket),
    limits: limits.length === 0 ? 'fine' : `too low: ${limits.join(', ')}`,
  });
  return socket !== undefined && userland !== undefined;
}

function printFacts(facts: Readonly<Record<string, string>>): void {
  for (const [name, fact] of Object.entries(facts)) process.stdout.write(`${name.padEnd(9)} ${fact}\n`);
}

async function main(verb: string | undefined): Promise<number> {
  if (verb === 'status') return (await printStatus()) ? 0 : 1;
  if (verb === 'down') await takeDown(logToStderr);
  else if (verb === 'up') printFacts(await bringUp(logToStderr));
  else throw new BenchError('usage: node --import tsx test/bench/bench.ts up|down|status');
  return 0;
}

if (isMain(import.meta.filename)) await runMain(() => main(process.argv[2]));
