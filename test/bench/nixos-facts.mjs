/** What a run with a whole nixpkgs was about: versions, and what came of it. */
import { readFileSync } from 'node:fs';
import { release as kernelRelease } from 'node:os';
import { join } from 'node:path';
import { call } from './incus-api.mjs';
import { releaseOf } from './packages.mjs';
import { repository, run, tryRun } from './run.mjs';

/** @typedef {{ what: string, code: number }} Result code: the exit code of what was run */
/** @typedef {Record<'pets' | 'host' | 'Incus' | 'Nix' | 'nixpkgs', string>} Facts */

/**
 * One revision for all of the run, however long it takes.
 * @param {string} nixpkgs flake reference, as it was given
 * @param {Record<string, string>} env
 * @returns {Promise<string>} flake reference
 */
export async function pinOf(nixpkgs, env) {
  const metadata = await run('nix', ['flake', 'metadata', '--json', nixpkgs], { env });
  return pinnedRef(JSON.parse(metadata).url);
}

/**
 * A manifest takes a folder without the query that Nix shows.
 * @param {string} url
 */
export const pinnedRef = (url) => (url.startsWith('path:') ? url.replace(/\?.*$/, '') : url);

/**
 * @param {{ nixpkgs: string, ref: string, socket: string, env: Record<string, string> }} asked
 * @returns {Promise<Facts>}
 */
export async function factsOf({ nixpkgs, ref, socket, env }) {
  const { environment } = await call(socket, 'GET', '/1.0');
  const version = await run('nix', ['eval', '--raw', `${ref}#lib.version`], { env });
  return {
    pets: await describePets(),
    host: `${releaseOf().PRETTY_NAME ?? 'unknown'}, kernel ${kernelRelease()}, Node ${process.version.slice(1)}`,
    Incus: environment.server_version,
    Nix: (await run('nix', ['--version'])).trim().replace(/^nix \(Nix\) /, ''),
    nixpkgs: `${version} (${nixpkgs === ref ? ref : `${nixpkgs} = ${ref}`})`,
  };
}

async function describePets() {
  /** @type {{ version: string }} */
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  const git = ['-C', repository, 'describe', '--always', '--dirty=, with changes', '--abbrev=12'];
  // An archive has no repository around it.
  const { code, stdout } = await tryRun('git', git);
  return code === 0 ? `${version} (${stdout.trim()})` : version;
}

/**
 * @param {Facts} facts
 * @param {Result[]} results
 * @param {string} date
 * @returns {string} fit for release notes
 */
export function summaryOf(facts, results, date = new Date().toISOString().slice(0, 10)) {
  const versions = Object.entries(facts).map(([name, fact]) => `${name.padEnd(9)}${fact}`);
  const parts = results.map(({ what, code }) => `${code === 0 ? 'passed' : 'FAILED'}   ${what}`);
  return ['', `run on ${date}`, ...versions, ...parts, ''].join('\n');
}
