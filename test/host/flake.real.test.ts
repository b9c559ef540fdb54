import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/places.js';
import { failureOf, runToEnd } from '../support/process.js';
import { standIn } from '../stand-in.js';

// The repository's flake, with the stand-in for nixpkgs. Nothing of it is built: the stand-in has neither node nor npm.
const nixpkgs = standIn();
let folder = '';

type Module = {
  version: string;
  integrity?: string;
  resolved?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
};
type Npm = { package: Module; packageLock: { packages: Record<string, Module> } };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-flake-'));
  for (const part of ['flake.nix', 'host', 'nix', 'src', 'scripts', 'package.json', 'package-lock.json'])
    cpSync(join(ROOT, part), join(folder, 'pets', part), { recursive: true });
  cpSync(join(ROOT, 'test/host/nixpkgs.nix'), join(folder, 'nixpkgs/nixpkgs.nix'));
  writeFileSync(
    join(folder, 'nixpkgs/flake.nix'),
    `{ inputs.stand-in.url = "${nixpkgs}"; outputs = { self, stand-in }: import ./nixpkgs.nix stand-in; }\n`,
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function nix(command: readonly string[], attribute = '', ...more: readonly string[]): Promise<unknown> {
  const flake = `path:${join(folder, 'pets')}${attribute === '' ? '' : `#${attribute}`}`;
  const inputs = ['--no-write-lock-file', '--override-input', 'nixpkgs', `path:${join(folder, 'nixpkgs')}`];
  const args = [...command, flake, ...inputs, ...more];
  const ended = await runToEnd('nix', args);
  if (ended.code !== 0) throw new Error(failureOf('nix', args, ended));
  return ended.stdout === '' ? null : (JSON.parse(ended.stdout) as unknown);
}

const npmOf = (system: string) =>
  nix(['eval', '--json'], `packages.${system}.default`, '--apply', 'p: p.npmDeps.asked') as Promise<Npm>;

/** Whether a package finds another one: beside itself, or above. */
function finds(from: string, name: string, packages: Npm['packageLock']['packages']): boolean {
  const folders = from
    .split('/node_modules/')
    .map((_, n, parts) => parts.slice(0, n + 1).join('/node_modules/'));
  return ['', ...folders].some((at) => `${at === '' ? '' : `${at}/`}node_modules/${name}` in packages);
}

test('the flake has what its page names, and Nix accepts it', async () => {
  await nix(['flake', 'check', '--no-build']);
  const shown = (await nix(['flake', 'show', '--json'])) as Record<string, Record<string, unknown>>;
  expect(Object.keys(shown).sort()).toEqual(['apps', 'devShells', 'nixosModules', 'packages']);
  for (const kind of ['apps', 'devShells', 'packages'])
    expect(shown[kind]).toEqual({
      'aarch64-linux': { default: expect.anything() },
      'x86_64-linux': { default: expect.anything() },
    });
});

test('what npm is given to build with is whole, and no more than that', async () => {
  const { package: root, packageLock } = await npmOf('x86_64-linux');
  const { packages } = packageLock;
  const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Module;
  expect(root.dependencies).toEqual(own.dependencies);
  expect(Object.keys(root.devDependencies ?? {})).toEqual(['esbuild', 'tsx']);
  expect(packages['']).toMatchObject({
    dependencies: root.dependencies,
    devDependencies: root.devDependencies,
  });
  const lost = Object.entries(packages).flatMap(([path, module]) => {
    const peers = Object.keys(module.peerDependencies ?? {}).filter(
      (name) => module.peerDependenciesMeta?.[name]?.optional !== true,
    );
    const needs = [...Object.keys({ ...module.dependencies, ...module.devDependencies }), ...peers];
    return needs.filter((name) => !finds(path, name, packages)).map((name) => `${path}: ${name}`);
  });
  expect(lost).toEqual([]);
  const tools = ['jest', 'eslint', 'prettier', 'typescript', '@types/react'].map(
    (name) => `node_modules/${name}`,
  );
  expect(tools.filter((path) => path in packages)).toEqual([]);
});

test.each([
  ['x86_64-linux', 'linux-x64'],
  ['aarch64-linux', 'linux-arm64'],
])('on %s esbuild is %s', async (system, program) => {
  const { packageLock } = await npmOf(system);
  const programs = Object.keys(packageLock.packages).filter((path) => path.includes('@esbuild/'));
  expect(programs).toEqual([`node_modules/@esbuild/${program}`]);
});

test('each file of a dependency is fetched under the hash that it has in package-lock.json', async () => {
  const { packageLock } = await npmOf('x86_64-linux');
  const wanted = Object.entries(packageLock.packages).flatMap(([path, { integrity, resolved }]) =>
    path === '' ? [] : [`${resolved ?? ''} ${hex(integrity ?? '')}`],
  );
  const derivations = (await nix(
    ['show-derivation', '--recursive'],
    'packages.x86_64-linux.default.tarballs',
  )) as Record<string, { name?: string; env: { name: string }; outputs: { out?: { hash?: string } } }>;
  const fetched = Object.values(derivations).flatMap(({ env, outputs }) =>
    outputs.out?.hash === undefined ? [] : [`${env.name} ${outputs.out.hash}`],
  );
  expect(fetched.sort()).toEqual([...new Set(wanted)].sort());
});

function hex(integrity: string): string {
  return Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
}
