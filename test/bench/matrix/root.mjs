/** The root of a column: a Debian suite with its own Incus and Nix, made once a month. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDebianRoot } from '../debian-root.mjs';
import { install } from '../packages.mjs';
import { cacheDir, isInstalled, run } from '../run.mjs';

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
function nameOf(/** @type {string} */ suite) {
  const recipe = JSON.stringify([packages, ballast, new Date().toISOString().slice(0, 7)]);
  return `${prefixOf(suite)}${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`;
}

const prefixOf = (/** @type {string} */ suite) => `root-${suite}-`;

/**
 * @param {string} suite
 * @param {import('../run.mjs').Log} log
 * @returns {Promise<string>} its folder
 */
export async function ensureRoot(suite, log) {
  const dir = join(cacheDir(), nameOf(suite));
  if (existsSync(dir)) return dir;
  if (!isInstalled('mmdebstrap')) await install('mmdebstrap', log);
  await removeOldRoots(suite);
  log(`making a root of Debian ${suite} with mmdebstrap (two minutes)…`);
  await makeDebianRoot({ suite, packages, dir, ballast }, log, async (root) => {
    writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n');
  });
  return dir;
}

/** @param {string} suite */
async function removeOldRoots(suite) {
  const old = readdirSync(cacheDir()).filter((name) => name.startsWith(prefixOf(suite)));
  for (const name of old) await run('rm', ['-rf', '--one-file-system', join(cacheDir(), name)]);
}

/**
 * @param {string} root
 * @returns {Promise<string>} in words
 */
export async function versionsIn(root) {
  const format = '${Package} ${Version}\n';
  const names = ['incus-base', 'nix-bin'];
  const args = ['--admindir', join(root, 'var/lib/dpkg'), '--show', '--showformat', format, ...names];
  return (await run('dpkg-query', args)).trim().split('\n').join(', ');
}
