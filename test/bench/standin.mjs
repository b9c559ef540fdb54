/** The stand-in nixpkgs: test/bench/nixpkgs with the userland's store path filled in. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join, relative } from 'node:path';
import { BenchError, repository } from './run.mjs';
import { nix } from './nix.mjs';

const template = 'flake.nix.in';
const lockFile = 'flake.lock';

const sourceDir = join(repository, 'test/bench/nixpkgs');
const targetDir = join(repository, 'test/bench/.cache/nixpkgs');

/**
 * @param {string} userland store path
 * @param {import('./run.mjs').Log} log
 * @param {{ source?: string, target?: string }} [dirs]
 * @returns {Promise<string>} its flake ref
 */
export async function ensureStandIn(userland, log, { source = sourceDir, target = targetDir } = {}) {
  if (!existsSync(join(source, template))) throw new BenchError(`${join(source, template)} is missing.`);
  materialise(source, target, userland);
  await lock(target, log);
  return `path:${target}`;
}

/**
 * Writes only what differs, so that nothing is evaluated again without need.
 * @param {string} source
 * @param {string} target
 * @param {string} userland
 */
function materialise(source, target, userland) {
  /** @type {Set<string>} */
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

/**
 * @param {string} dir
 * @returns {string[]} paths below it
 */
function filesIn(dir) {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)));
}

/**
 * @param {string} path
 * @param {Buffer} content
 * @param {number} mode
 */
function writeIfChanged(path, content, mode) {
  if (!existsSync(path) || !readFileSync(path).equals(content)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  if ((statSync(path).mode & 0o777) !== mode) chmodSync(path, mode);
}

/**
 * @param {string} root
 * @param {string} file
 */
function removeWithEmptyParents(root, file) {
  rmSync(join(root, file));
  for (
    let dir = dirname(file);
    dir !== '.' && readdirSync(join(root, dir)).length === 0;
    dir = dirname(dir)
  ) {
    rmdirSync(join(root, dir));
  }
}

/**
 * @param {string} dir
 * @param {import('./run.mjs').Log} log
 */
async function lock(dir, log) {
  // Beside the flake, not in it: what is in it is part of its hash.
  const stamp = `${dir}.locked`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockState(dir)) return;
  log('locking the stand-in nixpkgs…');
  rmSync(join(dir, lockFile), { force: true });
  await nix(['flake', 'lock', `path:${dir}`]);
  writeFileSync(stamp, lockState(dir));
}

/**
 * A flake without inputs gets no lock file.
 * @param {string} dir
 */
const lockState = (dir) =>
  ['flake.nix', lockFile]
    .map((name) => join(dir, name))
    .map((path) =>
      existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'none',
    )
    .join('\n');
