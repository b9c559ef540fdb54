/** What a run with a whole nixpkgs was about: versions, and what came of it. */
import { readFileSync } from 'node:fs';
import { release as kernelRelease } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/places.js';
import { call } from './incus-api.js';
import { metadataOf } from './nix.js';
import { releaseOf } from './packages.js';
import { run, tryRun } from './run.js';

/** `code`: the exit code of what was run. */
export type Result = { readonly what: string; readonly code: number };
export type Facts = Readonly<Record<'pets' | 'host' | 'Incus' | 'Nix' | 'nixpkgs', string>>;

/** One revision for all of the run, however long it takes. `nixpkgs`: flake reference, as it was given. */
export async function pinOf(nixpkgs: string, env: NodeJS.ProcessEnv): Promise<string> {
  return pinnedRef((await metadataOf(nixpkgs, env)).url);
}

/** A manifest takes a folder without the query that Nix shows. */
export const pinnedRef = (url: string): string => (url.startsWith('path:') ? url.replace(/\?.*$/, '') : url);

export type Asked = {
  /** As it was given. */
  readonly nixpkgs: string;
  readonly ref: string;
  readonly socket: string;
  readonly env: NodeJS.ProcessEnv;
};

export async function factsOf({ nixpkgs, ref, socket, env }: Asked): Promise<Facts> {
  const version = await run('nix', ['eval', '--raw', `${ref}#lib.version`], { env });
  return {
    pets: await describePets(),
    host: `${releaseOf()['PRETTY_NAME'] ?? 'unknown'}, kernel ${kernelRelease()}, Node ${process.version.slice(1)}`,
    Incus: await versionOf(socket),
    Nix: (await run('nix', ['--version'])).trim().replace(/^nix \(Nix\) /, ''),
    nixpkgs: `${version} (${nixpkgs === ref ? ref : `${nixpkgs} = ${ref}`})`,
  };
}

/** The version of a daemon. */
export async function versionOf(socket: string): Promise<string> {
  const { environment } = (await call(socket, 'GET', '/1.0')) as Server;
  return environment.server_version;
}

type Server = { readonly environment: { readonly server_version: string } };

async function describePets(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const git = ['-C', ROOT, 'describe', '--always', '--dirty=, with changes', '--abbrev=12'];
  // An archive has no repository around it.
  const { code, stdout } = await tryRun('git', git);
  return code === 0 ? `${version} (${stdout.trim()})` : version;
}

/** Fit for release notes. */
export function summaryOf(
  facts: Facts,
  results: readonly Result[],
  date: string = new Date().toISOString().slice(0, 10),
): string {
  const versions = Object.entries(facts).map(([name, fact]) => `${name.padEnd(9)}${fact}`);
  const parts = results.map(({ what, code }) => `${code === 0 ? 'passed' : 'FAILED'}   ${what}`);
  return ['', `run on ${date}`, ...versions, ...parts, ''].join('\n');
}
