/** The file that users install, and whether it works when it is installed. */
import { execa } from 'execa';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

type Package = {
  readonly name: string;
  readonly version: string;
  readonly files: readonly string[];
  readonly [key: string]: unknown;
};

/** What only those need who build it: all dependencies are in dist/ already, so an installation fetches nothing. */
const OF_THE_BUILD = new Set(['scripts', 'dependencies', 'devDependencies', 'overrides']);

const SHELLS = ['bash', 'zsh', 'fish'];

export function readPackage(): Package {
  return JSON.parse(readFileSync('package.json', 'utf8')) as Package;
}

/** Packs what `npm run build` has made, by way of an empty folder. The file's path. */
export async function packInto(stage: string, destination: string): Promise<string> {
  const own = readPackage();
  for (const file of [...own.files, 'README.md', 'LICENSE'])
    cpSync(file, join(stage, file), { recursive: true });
  const kept = Object.entries(own).filter(([key]) => !OF_THE_BUILD.has(key));
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
  const destined = resolve(destination);
  await execa('npm', ['pack', '--silent', '--pack-destination', destined], { cwd: stage });
  return join(destined, `${own.name}-${own.version}.tgz`);
}

/** What is wrong with a packed file when it is installed into an empty folder. */
export async function faultsOf(file: string, prefix: string): Promise<string[]> {
  await execa('npm', [
    'install',
    '--global',
    '--offline',
    '--no-audit',
    '--no-fund',
    '--prefix',
    prefix,
    file,
  ]);
  const { name, version } = readPackage();
  const manual = join(prefix, `share/man/man1/${name}.1`);
  const shown = existsSync(manual) ? readFileSync(manual, 'utf8') : '';
  const program = join(prefix, 'bin', name);
  const says = async (...args: readonly string[]) => (await execa(program, args)).stdout;
  const scripts = await Promise.all(SHELLS.map((shell) => says('completion', shell)));
  return [
    ...((await says('--version')) === version ? [] : [`--version says something else than ${version}`]),
    ...(shown.includes(`"pets ${version}"`) ? [] : [`${manual} is not the manual page of ${version}`]),
    ...SHELLS.filter((_, at) => scripts[at]?.includes('__complete') !== true).map(
      (shell) => `there is no completion for ${shell}`,
    ),
    ...(existsSync(join(prefix, `lib/node_modules/${name}/nix/container.nix`)) ? [] : ['nix/ is missing']),
  ];
}
