/** The image that pets with a store of their own begin with: a system of the stand-in, in the place of NixOS' image. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { machine, tmpdir } from 'node:os';
import { join } from 'node:path';
import { MADE } from '../support/places.js';
import { listed, type Listed } from './incus-api.js';
import { nix } from './nix.js';
import { incusOn, run, shortHash, type Log } from './run.js';

const alias = 'nixos/25.11';
/** Marks an image as the bench's; its value says what the image was made from. */
const mark = 'pets-bench';

/** Data that Nix code gets as an argument. As in the image of NixOS, nothing in it is about a pet. */
const system = `{ nixpkgs }:
  ((builtins.getFlake nixpkgs).lib.nixosSystem {
    system = builtins.currentSystem;
    modules = [ { boot.isContainer = true; networking.hostName = "nixos"; } ];
  }).config.system.build.toplevel`;

/** A container's root holds no more than the store, its database, the profile and this. */
const rootLinks = {
  'sbin/init': '/nix/var/nix/profiles/system/init',
  'nix/var/nix/profiles/system': 'system-1-link',
};

/** Same input, same archive: Nix' own times and owners. */
const tarOptions = ['--sort=name', '--mtime=@1', '--owner=0', '--group=0', '--numeric-owner'];

/**
 * Imports the image, unless it is there or somebody has one of that name. `nixpkgs`: flake reference of the stand-in.
 * Its alias.
 */
export async function ensureImage(socket: string, nixpkgs: string, log: Log): Promise<string> {
  const recipe = await recipeOf(nixpkgs);
  const images = await listed(socket, 'images');
  const named = images.find(isNamed);
  if (named?.properties[mark] === recipe) return alias;
  if (named !== undefined && !isOurs(named)) {
    log(`the image ${alias} is not the bench's; it stays as it is`);
    return alias;
  }
  const file = join(MADE, `image-${recipe}.tar`);
  if (!existsSync(file)) await makeImage(file, nixpkgs, log);
  log(`importing the image ${alias}…`);
  const incus = incusOn(socket);
  // The old one goes first: an interrupted run leaves none, and the next one imports it again.
  for (const old of images.filter(isOurs)) await incus('image', 'delete', `local:${old.fingerprint}`);
  await incus('image', 'import', file, 'local:', `${mark}=${recipe}`, '--alias', alias);
  return alias;
}

/** In words. */
export async function describeImage(socket: string): Promise<string> {
  const found = (await listed(socket, 'images')).find(isNamed);
  return found === undefined ? 'not there' : `${alias}${isOurs(found) ? '' : " (not the bench's)"}`;
}

const isNamed = ({ aliases }: Listed['images']) => aliases.some(({ name }) => name === alias);

const isOurs = ({ properties }: Listed['images']) => properties[mark] !== undefined;

/** A change of the stand-in, its userland included, or of the above is another image. */
async function recipeOf(nixpkgs: string): Promise<string> {
  const content = await nix(['hash', 'path', nixpkgs.replace(/^path:/, '')]);
  return shortHash([content.trim(), system, rootLinks, tarOptions, machine()]);
}

async function makeImage(file: string, nixpkgs: string, log: Log): Promise<void> {
  log('making an image with Nix in it…');
  const args = ['--no-link', '--json', '--impure', '--argstr', 'nixpkgs', nixpkgs, '--expr', system];
  const [{ outputs }] = JSON.parse(await nix(['build', ...args])) as [{ outputs: { out: string } }];
  const temporary = mkdtempSync(join(tmpdir(), 'pets-image-'));
  try {
    await archive(outputs.out, temporary, `${file}.tmp`);
    for (const name of readdirSync(MADE)) if (/^image-.*\.tar$/.test(name)) rmSync(join(MADE, name));
    renameSync(`${file}.tmp`, file);
  } finally {
    rmSync(temporary, { recursive: true });
    rmSync(`${file}.tmp`, { force: true });
  }
}

/** The system's closure goes from the host's store into the archive without a copy in between. */
async function archive(toplevel: string, temporary: string, file: string): Promise<void> {
  const root = join(temporary, 'rootfs');
  const closure = (await run('nix-store', ['--query', '--requisites', toplevel])).trim().split('\n');
  await makeRoot(root, toplevel, closure);
  writeFileSync(join(temporary, 'metadata.yaml'), metadata());
  const paths = closure.map((path) => path.slice(1));
  const intoRoot = ['--transform', 's,^nix/,rootfs/nix/,S'];
  const from = ['-C', temporary, 'metadata.yaml', 'rootfs', '-C', '/', ...paths];
  await run('tar', ['--create', '--file', file, ...tarOptions, ...intoRoot, ...from]);
}

async function makeRoot(root: string, toplevel: string, closure: readonly string[]): Promise<void> {
  mkdirSync(root);
  const registration = join(root, 'registration');
  writeFileSync(registration, await run('nix-store', ['--dump-db', ...closure]));
  const load = 'exec nix-store --store "local?root=$1" --load-db < "$2"';
  await run('sh', ['-c', load, 'sh', root, registration]);
  rmSync(registration);
  // It names this directory; the guest's Nix makes its own.
  rmSync(join(root, 'nix/var/nix/gcroots'), { recursive: true });
  mkdirSync(join(root, 'sbin'));
  for (const [link, target] of Object.entries(rootLinks)) symlinkSync(target, join(root, link));
  symlinkSync(toplevel, join(root, 'nix/var/nix/profiles/system-1-link'));
}

function metadata(): string {
  const description = 'Stand-in for the NixOS image (test bench of pets)';
  return JSON.stringify({ architecture: machine(), creation_date: 1, properties: { description } });
}
