import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Exec } from '../lib/program.js';
import { ProblemError } from '../domain/problem.js';
import { readRegular, UnfitFile } from '../lib/regular-file.js';
import { refuseOddFiles, repositoryOf, listTracked, walk } from './files.js';
import { pathLiterals } from './literals.js';

/** Collects what Nix files lead to, as real paths. */
export class Gatherer {
  readonly files = new Set<string>();
  /** Links on the way of a path literal, with the real path that they end at. */
  readonly links = new Map<string, string>();
  readonly #seen = new Set<string>();
  readonly #ignored: ReadonlySet<string>;
  readonly #exec: Exec;

  constructor(ignored: ReadonlySet<string>, exec: Exec) {
    this.#ignored = ignored;
    this.#exec = exec;
  }

  /** `path`: a Nix file, whatever its name. */
  async start(path: string, written: string): Promise<void> {
    const real = this.#follow(path);
    if (real !== null) await this.#file(afterLinks(path), real, written, true);
  }

  async #literal(path: string, isOpen: boolean, written: string): Promise<void> {
    const real = this.#follow(path);
    if (real !== null && lstatSync(real).isDirectory()) return this.#folder(afterLinks(path), real, written);
    if (isOpen) return this.#literal(dirname(path), false, written);
    if (real !== null) await this.#file(afterLinks(path), real, written, path.endsWith('.nix'));
  }

  /** Nix reads a file's relative paths from where the file was found: `named`, which may lead through links. */
  async #file(named: string, real: string, written: string, isCode: boolean): Promise<void> {
    if (this.#seen.has(named)) return;
    this.#seen.add(named);
    refuseOddFiles(written, dirname(real), [real.slice(dirname(real).length + 1)]);
    this.files.add(real);
    if (!isCode) return;
    for (const { from, kind } of pathLiterals(codeIn(real, written))) {
      const base = kind === 'start' && from.endsWith('/') ? `${from}.` : from;
      await this.#literal(resolve(dirname(named), base), kind === 'start', written);
    }
  }

  /** It may be imported, read file by file, or copied whole: all that is in it counts. */
  async #folder(named: string, real: string, written: string): Promise<void> {
    if (this.#seen.has(`${named}/`)) return;
    this.#seen.add(`${named}/`);
    const files = (await this.#filesIn(real)).filter((file) => !this.#ignored.has(join(real, file)));
    refuseOddFiles(written, real, files);
    for (const file of files) {
      const path = join(real, file);
      if (lstatSync(path).isSymbolicLink()) this.files.add(path);
      else await this.#file(join(named, file), path, written, file.endsWith('.nix'));
    }
  }

  /** A folder that is named counts even where git tracks nothing in it, and a default.nix that is imported. */
  async #filesIn(folder: string): Promise<readonly string[]> {
    const listed = repositoryOf(folder) === null ? [] : await listTracked(folder, this.#exec);
    if (listed.length === 0) return walk(folder);
    return existsSync(join(folder, 'default.nix')) ? [...new Set([...listed, 'default.nix'])] : listed;
  }

  /** The real path, every link on the way noted; null where there is nothing. */
  #follow(path: string): string | null {
    let at = '/';
    for (const part of path.split('/').filter((name) => name !== '')) {
      const next = join(at, part);
      const info = lstatSync(next, { throwIfNoEntry: false });
      if (!info) return null;
      const target = info.isSymbolicLink() ? realTarget(next) : next;
      if (target === null) return null;
      if (target !== next) this.links.set(next, target);
      at = target;
    }
    return at;
  }
}

/** Bytes of a Nix file: nobody writes so many. */
const MOST_CODE = 64 * 2 ** 20;

function codeIn(path: string, written: string): string {
  try {
    return readRegular(path, MOST_CODE).toString();
  } catch (error) {
    if (!(error instanceof UnfitFile)) throw error;
    throw new ProblemError({ code: 'source-unfit', message: `\`${written}\`: ${path} ${error.message}` });
  }
}

function realTarget(link: string): string | null {
  try {
    return realpathSync(link);
  } catch {
    // It leads nowhere, or in a circle.
    return null;
  }
}

/** As Nix' import does: links of the last part are followed, those of the folders above stay in the name. */
function afterLinks(path: string): string {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info?.isSymbolicLink() === true ? afterLinks(resolve(dirname(path), readlinkSync(path))) : path;
}
