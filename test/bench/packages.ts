/** Debian's packages: what is missing is installed from the mirror that the machine already uses. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { BenchError, isInstalled, isRoot, run, wordsOf, type Log } from './run.js';

const backportsPath = '/etc/apt/sources.list.d/pets-bench.sources';
const archiveKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The container-only daemon: the package `incus` would bring a whole qemu along. */
const packagesFor = {
  incus: ['incus-base', 'incus-client', 'dnsmasq-base'],
  nix: ['nix-bin'],
  mmdebstrap: ['mmdebstrap'],
};

type Need = keyof typeof packagesFor;

let listsAreFresh = false;

export async function install(need: Need, log: Log): Promise<void> {
  requireAptAndRoot(need);
  await updateLists(log);
  const suite = need === 'incus' ? await suiteForIncus(log) : [];
  log(`installing ${need}…`);
  // What nix-bin recommends is set-up for a daemon and a user who wants a binary cache.
  await apt(['install', '--yes', '--no-install-recommends', ...suite, ...packagesFor[need]]);
}

function requireAptAndRoot(need: Need): void {
  const byHand = 'Install it yourself, or run this as root on a Debian machine.';
  if (!isInstalled('apt-get') || releaseOf()['ID'] !== 'debian') {
    throw new BenchError(`${need} is missing, and the bench can install it on Debian only. ${byHand}`);
  }
  if (!isRoot()) {
    throw new BenchError(`${need} is missing, and only root can install it. ${byHand}`);
  }
}

const apt = (args: readonly string[]): Promise<string> =>
  run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
  });

async function updateLists(log: Log): Promise<void> {
  if (listsAreFresh) return;
  log('updating the package lists…');
  try {
    await apt(['update']);
  } catch (error) {
    // One broken third-party source must not stop us: the packages may be there all the same.
    log(`warning: ${wordsOf(error)}`);
  }
  listsAreFresh = true;
}

/** Debian 12 has Incus in its backports only; later ones in the release itself. As arguments of apt-get. */
async function suiteForIncus(log: Log): Promise<string[]> {
  const name = codename();
  const inRelease = await run('apt-cache', ['madison', 'incus-base']);
  if (inRelease.includes(` ${name}/main `)) return [];
  const backports = `${name}-backports`;
  if ((await configuredSuites()).every(({ suite }) => suite !== backports))
    await addBackports(backports, log);
  return ['--target-release', backports];
}

async function addBackports(suite: string, log: Log): Promise<void> {
  const lines = ['Types: deb', `URIs: ${await debianMirror()}`, `Suites: ${suite}`, 'Components: main'];
  if (existsSync(archiveKeyring)) lines.push(`Signed-By: ${archiveKeyring}`);
  log(`adding the suite ${suite} (${backportsPath})…`);
  writeFileSync(backportsPath, `${lines.join('\n')}\n`);
  await apt(['update']);
}

type Suite = Readonly<Record<'suite' | 'uri' | 'component' | 'codename', string>>;

/** apt's own reading of its files. */
async function configuredSuites(): Promise<Suite[]> {
  const format = '$(RELEASE) $(REPO_URI) $(COMPONENT) $(CODENAME)';
  const output = await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  return output
    .split('\n')
    .map((line) => line.split(' '))
    .filter((words) => words.length === 4)
    .map(([suite = '', uri = '', component = '', codename = '']) => ({ suite, uri, component, codename }));
}

/** The URI of the mirror that the machine gets the Debian release from. */
export async function debianMirror(): Promise<string> {
  const name = codename();
  const suites = await configuredSuites();
  // The suite may be written as "stable"; the codename is known once the lists were fetched.
  const main = suites.filter(({ component }) => component === 'main');
  const found = main.find(({ suite }) => suite === name) ?? main.find((entry) => entry.codename === name);
  if (found !== undefined) return found.uri;
  throw new BenchError(
    `apt has no source for Debian ${name} (main), so the bench does not know which mirror to use.`,
  );
}

/** The settings with which apt reaches its mirror here (proxies and the like), as lines of an apt.conf. */
export async function acquireOptions(): Promise<string[]> {
  const stdout = await run('apt-config', ['dump', '--format', '%F "%v";%n', 'Acquire']);
  return stdout.split('\n').filter((line) => /^Acquire::(https?::|Check-|Retries)[^"]* ".+";$/.test(line));
}

/** Debian's name of the installed release, as in its suites. */
export function codename(): string {
  const { ID, VERSION_CODENAME: name = '' } = releaseOf();
  if (ID === 'debian' && name !== '') return name;
  throw new BenchError(
    'the bench makes its guests from the Debian release of the host, and this host is not Debian.',
  );
}

/** What the machine says of its system, by key. */
export function releaseOf(): Readonly<Record<string, string>> {
  if (!existsSync('/etc/os-release')) return {};
  const lines = readFileSync('/etc/os-release', 'utf8').matchAll(/^(\w+)="?([^"\n]*)"?$/gm);
  return Object.fromEntries(Array.from(lines, ([, key = '', value = '']) => [key, value]));
}
