/** Nix without a daemon, as root, with settings that do not reach for the internet. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Ended } from '../support/process.js';
import { BenchError, cacheDir, isInstalled, isRoot, lastLines, run, tryRun, type Log } from './run.js';
import { install } from './packages.js';

const confPath = '/etc/nix/nix.conf';
const confMark = "# Written by pets' test bench";
/** Debian's file, comments aside. */
const debianDefault = 'sandbox = false';

/** The features that the bench's own calls need, whatever the machine's nix.conf says. */
const nixEnv = { NIX_CONFIG: 'extra-experimental-features = nix-command flakes' };

export const nix = (args: readonly string[]): Promise<string> => run('nix', args, { env: nixEnv });

/** `timeout`: ms. */
export const tryNix = (args: readonly string[], timeout?: number): Promise<Ended> =>
  tryRun('nix', args, { timeout, env: nixEnv });

/** What Nix says of a flake. */
export type Metadata = { readonly url: string; readonly locked: { readonly narHash: string } };

/** `env`: beside our own. */
export async function metadataOf(ref: string, env: NodeJS.ProcessEnv = nixEnv): Promise<Metadata> {
  return JSON.parse(await run('nix', ['flake', 'metadata', '--json', ref], { env })) as Metadata;
}

const readConf = () => (existsSync(confPath) ? readFileSync(confPath, 'utf8') : '');

/** Whether the machine's Nix is set up by (and for) the bench. */
export const isBenchNix = () => readConf().startsWith(confMark);

/** Nobody has set anything, and nothing was ever put into the store. */
function isPristine(): boolean {
  const settings = readConf()
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n');
  return (settings === '' || settings === debianDefault) && !existsSync('/nix/var/nix/db');
}

/** Installs it where it is missing, and sets it up. */
export async function ensureNix(log: Log): Promise<void> {
  const isMissing = !isInstalled('nix');
  if (isMissing) await install('nix', log);
  configureNix(isMissing, log);
}

/** Settings for a Nix that the bench installed, or that Debian installed and nobody has used. Any other is left alone. */
function configureNix(isNew: boolean, log: Log): void {
  if (isBenchNix() || !isRoot() || !(isNew || isPristine())) return;
  log(`setting up ${confPath}…`);
  writeConf('true', 'Builds see nothing but their inputs.');
}

function writeConf(sandbox: 'true' | 'false', why: string): void {
  mkdirSync(dirname(confPath), { recursive: true });
  const lines = [
    `${confMark} (test/bench/nix.ts).`,
    'experimental-features = nix-command flakes',
    ...noCaches,
    '# Builds run as root: there is no daemon and there need not be a nixbld group.',
    'build-users-group =',
    `# ${why}`,
    `sandbox = ${sandbox}`,
  ];
  writeFileSync(confPath, `${lines.join('\n')}\n`);
}

/** Builds a trivial derivation with the userland's busybox, once per userland; settles whether the sandbox works. */
export async function checkNixBuilds(userland: string, log: Log): Promise<void> {
  const stamp = join(cacheDir(), 'nix-builds');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === userland) return;
  log('checking that nix builds…');
  let { code, stderr } = await buildTrivial(userland);
  if (code !== 0 && isBenchNix()) {
    log(`nix's sandbox does not work here, so it is turned off:\n${lastLines(stderr, 5)}`);
    writeConf('false', `The sandbox failed: ${stderr.trim().split('\n').at(-1) ?? ''}`);
    ({ code, stderr } = await buildTrivial(userland));
  }
  if (code !== 0)
    throw new BenchError(`nix cannot build a trivial derivation here:\n${lastLines(stderr, 15)}`);
  writeFileSync(stamp, userland);
}

function buildTrivial(userland: string): Promise<Ended> {
  const expression = `derivation {
    name = "pets-bench-check";
    system = builtins.currentSystem;
    builder = "\${builtins.storePath ${userland}}/bin/busybox";
    args = [ "sh" "-c" "echo built > $out" ];
    unique = "${Date.now()}";
  }`;
  return tryNix(['build', '--impure', '--no-link', '--expr', expression], 120_000);
}

/** Keeps a store path from `nix-collect-garbage`. */
export function keepAlive(storePath: string): void {
  // A link elsewhere would protect nothing.
  const root = join('/nix/var/nix/gcroots/pets-bench', basename(storePath));
  mkdirSync(dirname(root), { recursive: true });
  rmSync(root, { force: true });
  symlinkSync(storePath, root);
}

const noCaches = [
  '# No binary cache can be reached from here; each build would wait for one.',
  'substituters =',
];

/**
 * The environment in which calls of Nix ask the machine's binary caches: with flakes, and with Nix' own cache where
 * the bench has set Nix up to ask none. What the caller has set in NIX_CONFIG stays.
 */
export function cachedNixEnv(): NodeJS.ProcessEnv {
  const NIX_CONFIG = joined(nixEnv.NIX_CONFIG, process.env['NIX_CONFIG']);
  if (!isBenchNix()) return { NIX_CONFIG };
  // A setting cannot be taken back by another: it takes a file without it.
  const NIX_CONF_DIR = join(cacheDir(), 'nix-with-caches');
  mkdirSync(NIX_CONF_DIR, { recursive: true });
  const lines = readConf()
    .split('\n')
    .filter((line) => !noCaches.includes(line));
  writeFileSync(join(NIX_CONF_DIR, 'nix.conf'), lines.join('\n'));
  return { NIX_CONFIG, NIX_CONF_DIR };
}

const joined = (...settings: (string | undefined)[]): string =>
  settings.filter((setting) => setting !== undefined).join('\n');

/**
 * The environment in which a program's calls of Nix do not depend on the machine's nix.conf: with flakes, and without
 * asking a binary cache for what only exists here.
 */
export const offlineNixEnv = (): NodeJS.ProcessEnv => ({
  NIX_CONFIG: joined(process.env['NIX_CONFIG'], nixEnv.NIX_CONFIG, 'substituters ='),
});
