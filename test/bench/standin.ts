/** The stand-in nixpkgs: test/bench/nixpkgs with the userland's store path filled in. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { filesBelow } from '../files.js';
import { MADE, ROOT } from '../support/places.js';
import { nix } from './nix.js';
import { BenchError, type Log } from './run.js';

const template = 'flake.nix.in';
const lockFile = 'flake.lock';

const source = join(ROOT, 'test/bench/nixpkgs');
const target = join(MADE, 'nixpkgs');

/** Its flake reference. `userland`: store path. */
export async function ensureStandIn(userland: string, log: Log): Promise<string> {
  if (!existsSync(join(source, template))) throw new BenchError(`${join(source, template)} is missing.`);
  materialise(userland);
  await lock(target, log);
  return `path:${target}`;
}

/** Writes only what differs, so that nothing is evaluated again without need. */
function materialise(userland: string): void {
  const wanted = new Set([lockFile]);
  for (const file of filesIn(source)) {
    const isTemplate = file === template;
    const name = isTemplate ? 'flake.nix' : file;
    const bytes = readFileSync(join(source, file));
    const content = isTemplate ? Buffer.from(bytes.toString().replaceAll('@userland@', userland)) : bytes;
    writeIfChanged(join(target, name), content, statSync(join(source, file)).mode & 0o777);
    wanted.add(name);
  }
  for (const file of filesIn(target)) {
    if (!wanted.has(file)) removeWithEmptyParents(target, file);
  }
}

function filesIn(dir: string): string[] {
  return existsSync(dir) ? filesBelow(dir).filter((name) => lstatSync(join(dir, name)).isFile()) : [];
}

function writeIfChanged(path: string, content: Buffer, mode: number): void {
  if (!existsSync(path) || !readFileSync(path).equals(content)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  if ((statSync(path).mode & 0o777) !== mode) chmodSync(path, mode);
}

function removeWithEmptyParents(root: string, file: string): void {
  rmSync(join(root, file));
  for (
    let dir = dirname(file);
    dir !== '.' && readdirSync(join(root, dir)).length === 0;
    dir = dirname(dir)
  ) {
    rmdirSync(join(root, dir));
  }
}

async function lock(dir: string, log: Log): Promise<void> {
  // Beside the flake, not in it: what is in it is part of its hash.
  const stamp = `${dir}.locked`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockState(dir)) return;
  log('locking the stand-in nixpkgs…');
  rmSync(join(dir, lockFile), { force: true });
  await nix(['flake', 'lock', `path:${dir}`]);
  writeFileSync(stamp, lockState(dir));
}

/** A flake without inputs gets no lock file. */
const lockState = (dir: string): string =>
  ['flake.nix', lockFile]
    .map((name) => join(dir, name))
    .map((path) =>
      existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'none',
    )
    .join('\n');
