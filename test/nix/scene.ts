import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { exec } from '../programs.js';
import type { AppName } from '../../src/domain/names.js';
import type { AppSource, DesiredApp, Source } from '../../src/domain/desired.js';
import type { FlakeRef, LocalPath } from '../../src/domain/manifest.js';
import { nixOver } from '../../src/nix/nix.js';
import { FailedProgram, ProblemError, type Problem } from '../../src/domain/problem.js';
import { standIn as standInRef } from '../stand-in.js';

export const ASSEMBLY = fileURLToPath(new URL('../../nix', import.meta.url));

/** Of an app, besides where its system comes from. */
type More = Partial<Omit<DesiredApp, 'source' | 'nixpkgs'> & { readonly nixpkgs: Source }>;

/** A folder of a test's own, and the apps whose sources are in it. */
export class Scene {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'pets-nix-')));
  readonly nix = nixOver(exec, ASSEMBLY, new Set([join(this.folder, 'pets.toml')]));

  cleanUp(): void {
    rmSync(this.folder, { recursive: true });
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  path(written: string): LocalPath {
    return { written, path: join(this.folder, written) };
  }

  async git(...args: string[]): Promise<void> {
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@localhost'];
    expect(await exec('git', ['-C', this.folder, ...identity, ...args])).toMatchObject({ exitCode: 0 });
  }

  /** A flake below the folder: `#` picks an attribute. */
  flake(written: string): AppSource {
    const [location = '', attribute = 'nixosModules.incus'] = written.split('#');
    const directory = join(this.folder, location);
    const ref = { written, url: `path:${directory}`, attribute, directory };
    return { kind: 'local', ref, contentHash: 'of no interest here' };
  }

  config(written: string): AppSource {
    return { kind: 'config', file: this.path(written) };
  }

  app(source: AppSource, more: More = {}): DesiredApp {
    const app = {
      name: 'web' as AppName,
      was: null,
      modules: [],
      nixos: {},
      platform: 'x86_64-linux',
      listen: null,
      exposures: [],
      volumes: [],
      secrets: [],
      binds: [],
      config: {},
      devices: {},
      profiles: null,
      after: [],
      store: null,
      image: '',
      activation: 'auto' as const,
      health: null,
      stateful: false,
      rehearsal: null,
      keep: 5,
      timeout: null,
      stopTimeout: 30_000,
      facets: {},
      problems: [],
      ...more,
    };
    if (source.kind === 'toplevel') return { ...app, source, nixpkgs: null };
    return {
      ...app,
      source,
      // Made by the bench: most tests of this folder get by without it.
      get nixpkgs() {
        return more.nixpkgs ?? standIn();
      },
    };
  }

  /** The name of the system's store path, which has the host name and the label in it. */
  async system(source: AppSource, more: More = {}): Promise<string> {
    const { toplevel } = await this.nix.evaluate(this.app(source, more), {});
    return toplevel.replace(/^\/nix\/store\/\w{32}-nixos-system-/, '');
  }

  /** The problem that the evaluation ends with, and its log. */
  async problem(source: AppSource, more: More = {}): Promise<Problem & { readonly log: string }> {
    const thrown: unknown = await this.system(source, more).catch((error: unknown) => error);
    if (!(thrown instanceof ProblemError) || !thrown.problems[0])
      throw new Error('it evaluates, or breaks', { cause: thrown });
    const log = thrown instanceof FailedProgram ? thrown.log.join('\n') : '';
    return { ...thrown.problems[0], log };
  }
}

/** Jest ends no process of its own in which the folders of runs would be removed. */
export function removeRunFolders(): void {
  const own = readdirSync(tmpdir()).filter((name) => name.startsWith(`pets-run-${process.pid}-`));
  for (const name of own) rmSync(join(tmpdir(), name), { recursive: true });
}

function standIn(): Source {
  const written = standInRef();
  const directory = written.replace(/^path:/, '');
  const ref: FlakeRef = { written, url: written, attribute: '', directory };
  return { kind: 'local', ref, contentHash: 'of no interest here' };
}

/** The flake text of a module that is a pet, and says only this. */
export function petFlake(module: string, more = ''): string {
  return `{
    inputs.nixpkgs.url = "github:nixos/nixpkgs";
    outputs = { self, nixpkgs }: {
      nixosModules.incus = { config, lib, pkgs, ... }: { incus.container.enable = true; imports = [ (${module}) ]; };
      ${more}
    };
  }`;
}
