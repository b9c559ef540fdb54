/** The root of a column: a Debian suite with its own Incus and Nix, made once a month. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDebianRoot } from '../debian-root.js';
import { install } from '../packages.js';
import { cacheDir, isInstalled, run, shortHash, type Log } from '../run.js';

/** What the bench installs on a host, and what else the tests call. */
const packages = [
  'incus-base',
  'incus-client',
  'dnsmasq-base',
  'nix-bin',
  'git',
  'iproute2',
  'procps',
  'xz-utils',
];

const ballast = ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'];

/** A suite that is not released moves on: each month has another root, and so has a change of the recipe. */
const nameOf = (suite: string): string =>
  `${prefixOf(suite)}${shortHash([packages, ballast, new Date().toISOString().slice(0, 7)])}`;

const prefixOf = (suite: string) => `root-${suite}-`;

/** Its folder. */
export async function ensureRoot(suite: string, log: Log): Promise<string> {
  const dir = join(cacheDir(), nameOf(suite));
  if (existsSync(dir)) return dir;
  if (!isInstalled('mmdebstrap')) await install('mmdebstrap', log);
  await removeOldRoots(suite);
  log(`making a root of Debian ${suite} with mmdebstrap (two minutes)…`);
  await makeDebianRoot({ suite, packages, dir, ballast }, log, (root) => {
    writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n');
  });
  return dir;
}

async function removeOldRoots(suite: string): Promise<void> {
  const old = readdirSync(cacheDir()).filter((name) => name.startsWith(prefixOf(suite)));
  for (const name of old) await run('rm', ['-rf', '--one-file-system', join(cacheDir(), name)]);
}

/** In words. */
export async function versionsIn(root: string): Promise<string> {
  const format = '${Package} ${Version}\n';
  const names = ['incus-base', 'nix-bin'];
  const args = ['--admindir', join(root, 'var/lib/dpkg'), '--show', '--showformat', format, ...names];
  return (await run('dpkg-query', args)).trim().split('\n').join(', ');
}
