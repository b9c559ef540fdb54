/** The Debian userland that the stand-in's systems boot: made once, kept as a store path. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeDebianRoot } from './debian-root.js';
import { keepAlive, nix, tryNix } from './nix.js';
import { codename } from './packages.js';
import { BenchError, cacheDir, isRoot, run, shortHash, type Log } from './run.js';

const packages = [
  'systemd',
  'systemd-sysv',
  'systemd-resolved',
  'dbus',
  'iproute2',
  'nix-bin',
  'procps',
  'busybox-static',
  'perl-base',
];

/**
 * Nothing in a guest reads these; they are two fifths of the size. The generators look for disks and consoles that no
 * guest has, a dozen programs at each boot and each switch: a fifth of the processor time of all stories.
 */
const ballast = [
  'usr/lib/systemd/system-generators',
  'etc/apt/apt.conf.d/99mmdebstrap',
  'var/cache/apt',
  'var/lib/apt/lists',
  'var/log',
  'usr/share/doc',
  'usr/share/man',
  'usr/share/info',
  'usr/share/locale',
  'usr/share/lintian',
  'usr/share/bash-completion',
];

/** A change of the recipe is another userland. In a root of the matrix it is the host's, wherever that is. */
function userlandDir(): string {
  const given = process.env['PETS_BENCH_USERLAND'] ?? '';
  if (given !== '') return given;
  return join(cacheDir(), `userland-${shortHash([codename(), packages, ballast])}`);
}

const recordFile = () => join(cacheDir(), `${basename(userlandDir())}.store-path`);

/** The store path of the userland, if it was made and is still there. */
export async function knownUserland(): Promise<string | undefined> {
  const record = recordFile();
  const storePath = existsSync(record) ? readFileSync(record, 'utf8').trim() : undefined;
  return storePath !== undefined && (await isValid(storePath)) ? storePath : undefined;
}

/** A valid store path, rooted against garbage collection. */
export async function ensureUserland(log: Log): Promise<string> {
  const known = await knownUserland();
  if (known !== undefined) return known;
  if (!isRoot()) throw new BenchError('only root can make the userland of the test guests.');
  const dir = userlandDir();
  if (!existsSync(dir)) await makeUserland(dir, log);
  log('adding the userland to the nix store…');
  // With any other name the `path:` fetcher of flakes copies the whole tree instead of using it where it is.
  const storePath = (await nix(['store', 'add-path', '--name', 'source', dir])).trim();
  keepAlive(storePath);
  writeFileSync(recordFile(), `${storePath}\n`);
  return storePath;
}

async function isValid(storePath: string): Promise<boolean> {
  if (!existsSync(join(storePath, 'etc/debian_version'))) return false;
  return (await tryNix(['path-info', storePath])).code === 0;
}

function makeUserland(dir: string, log: Log): Promise<void> {
  log('making a Debian userland with mmdebstrap (about a minute)…');
  return makeDebianRoot({ suite: codename(), packages, dir, ballast }, log, async (root) => {
    // A store path holds files, directories and symlinks only.
    await run('find', [root, '!', '-type', 'f', '!', '-type', 'd', '!', '-type', 'l', '-delete']);
  });
}
