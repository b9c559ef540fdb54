import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Examined } from '../domain/contract.js';
import { parseFlakeRef, type FlakeRefUse } from '../manifest/flake-ref.js';
import { writtenAbsolutely } from '../manifest/keys/app-table.js';
import { DEFAULT_NIXPKGS } from '../manifest/keys/shared-keys.js';
import type { AppName } from '../domain/names.js';
import type { FlakeRef, Locked } from '../domain/manifest.js';
import type { DesiredApp, Source } from '../domain/desired.js';
import { inspectorOver } from '../nix/inspect.js';
import { nameFrom, nixOver } from '../nix/nix.js';
import { EXIT, ProblemError } from '../domain/problem.js';
import type { Runtime } from './runtime.js';
import { tellWaiting } from './patience.js';
import { PLATFORM } from './project.js';
import { ASSEMBLY } from './wire.js';

export type InspectOptions = { readonly nixpkgs?: string };

export type InitOptions = InspectOptions & {
  readonly contract: boolean;
  /** A flake-ref. */
  readonly wrapper?: string;
  /** Of the service: options that say where it listens. */
  readonly hostOption?: string;
  readonly portOption?: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly input: boolean;
};

/** `nixpkgs`: what flakes are looked at with. */
export type Inspector = {
  readonly nixpkgs: FlakeRef;
  readonly inspect: (ref: FlakeRef) => Promise<Examined>;
};

/** With the nixpkgs that is given, else the manifest's with its lock, else the one that a manifest would have. */
export async function inspectorFor(runtime: Runtime, options: InspectOptions): Promise<Inspector> {
  const project = options.nixpkgs === undefined ? await runtime.projectIfAny() : null;
  const nixpkgs = project?.nixpkgs ?? flakeRefOf(options.nixpkgs ?? DEFAULT_NIXPKGS, runtime.cwd, 'nixpkgs');
  const pins = { ...project?.lock.refs };
  const nix = nixOver(runtime.programs.exec, ASSEMBLY, new Set());
  const inspectOver = inspectorOver(runtime.programs.exec, ASSEMBLY);
  return {
    nixpkgs,
    inspect: async (ref) => {
      for (const { url, directory } of [nixpkgs, ref])
        if (directory === undefined)
          pins[url] ??= await tellWaiting(`Nix to find ${url}`, nix.lock(url), runtime.output);
      const sources = { nixpkgs: sourceOf(nixpkgs, pins), source: sourceOf(ref, pins) };
      const inspected = inspectOver({ ...BARE, ...sources }, pins);
      return {
        ...(await tellWaiting(`Nix to evaluate ${ref.written}`, inspected, runtime.output)),
        attribute: ref.attribute,
        platform: PLATFORM,
      };
    },
  };
}

/** A pet of which a manifest says nothing but where it comes from. */
const BARE = {
  name: 'pet' as AppName,
  platform: PLATFORM,
  modules: [],
  volumes: [],
  binds: [],
  nixos: {},
};

function sourceOf(ref: FlakeRef, pins: Readonly<Record<string, Locked>>): Source {
  // Nothing is compared: the hash of its content is of no interest.
  if (ref.directory !== undefined) return { kind: 'local', ref, contentHash: '' };
  return { kind: 'remote', ref, locked: pins[ref.url] ?? null };
}

/** Relative to the folder that the command was given in. */
export function flakeRefOf(written: string, directory: string, use: FlakeRefUse = 'app'): FlakeRef {
  const ref = parseFlakeRef(written, directory, use);
  if ('problem' in ref) throw new ProblemError(ref.problem, EXIT.usage);
  const folder = written.replace(/[?#].*/, '');
  if (ref.directory === undefined && existsSync(join(directory, folder, 'flake.nix'))) {
    const hint = `./${folder} is the folder here, flake:${folder} what the registry has`;
    throw new ProblemError(
      { code: 'reference-invalid', message: `\`${written}\` is a name of Nix’ flake registry`, hint },
      EXIT.usage,
    );
  }
  return ref;
}

/** Where it is named must not matter to whoever reads it. */
export function absolute(written: string, directory: string, use: FlakeRefUse): string {
  return writtenAbsolutely(flakeRefOf(written, directory, use));
}

/** The name that its flake suggests for an app; null: it says none. */
export async function suggestedName(
  { programs, output }: Pick<Runtime, 'programs' | 'output'>,
  app: DesiredApp,
  pins: Readonly<Record<string, Locked>>,
): Promise<string | null> {
  if (app.nixpkgs === null || app.source.kind === 'config') return null;
  const named = nameFrom(app, pins, [programs.exec, ASSEMBLY]);
  return tellWaiting(`Nix to evaluate ${app.source.ref.written}`, named, output);
}
