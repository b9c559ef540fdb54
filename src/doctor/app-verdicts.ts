import { failed, type Finding, ok, unknown, warning } from '../domain/finding.js';
import { OLDEST } from './supported.js';
import { isAtLeast } from './version.js';
import type { Forwarder, ManifestFound } from './world.js';

/** `running`: containers, whoever's they are; null: not known. `wanted`: apps of the manifest that do not run. */
export type InotifyFacts = {
  readonly limit: number;
  readonly running: number | null;
  readonly wanted: number;
};

/** What a guest's systemd takes: 14 guests fit into the kernel's 128. All guests' roots are one user of the host. */
const PER_GUEST = 9;
/** So few more guests are worth a word. */
const NARROW = 3;

export function inotify({ limit, running, wanted }: InotifyFacts): Finding {
  const room = Math.floor(limit / PER_GUEST);
  const guests = (running ?? 0) + wanted;
  const who =
    running === null ? `the manifest has ${wanted}` : `${running} run, ${wanted} more in the manifest`;
  const words = `fs.inotify.max_user_instances = ${limit} has room for about ${room} guests; ${who}`;
  const need = Math.max(1024, 2 ** Math.ceil(Math.log2(guests * PER_GUEST * 2)));
  const fix = `echo fs.inotify.max_user_instances=${need} > /etc/sysctl.d/60-pets.conf && sysctl --system`;
  if (guests > room) return failed(words, fix);
  return room - guests < NARROW ? warning(words, fix) : ok(words);
}

export function manifest(found: ManifestFound): Finding {
  switch (found.kind) {
    case 'none':
      return unknown(found.why);
    case 'invalid':
      return failed(found.why, found.fix);
    case 'read': {
      const { project, apps } = found.manifest;
      return ok(`project \`${project}\`, ${apps.length} app${apps.length === 1 ? '' : 's'}`);
    }
  }
}

export type NixpkgsFacts = readonly { readonly app: string; readonly ref: string }[];

/** Nothing is fetched to find out: many refs have the release in their name. */
const RELEASE = /(?:nixos|nixpkgs|release)-(unstable|\d\d\.\d\d)/;

export function nixpkgs(wanted: NixpkgsFacts): Finding {
  const named = wanted.map((one) => ({ ...one, release: RELEASE.exec(one.ref)?.[1] }));
  const isOld = (release = 'unstable') => release !== 'unstable' && !isAtLeast(release, OLDEST.nixpkgs);
  const [old, ...more] = named.filter(({ release }) => isOld(release));
  if (old !== undefined)
    return warning(
      `${old.ref} (${[old, ...more].map(({ app }) => app).join(', ')}) is older than ${OLDEST.nixpkgs}, which the module of every pet needs`,
      'name a newer one: nixpkgs = "github:nixos/nixpkgs/nixos-25.11"',
    );
  const releases = [...new Set(named.flatMap(({ release }) => release ?? []))];
  if (releases.length > 0) return ok(`${releases.join(', ')}, as the manifest says`);
  if (wanted.length === 0) return ok('the manifest wants none');
  return unknown(`the manifest names ${wanted[0]?.ref ?? 'none'}, which tells no release`);
}

export type ListenFacts = {
  readonly wanted: readonly { readonly app: string; readonly address: string }[];
  /** Those of them that this host can listen on. */
  readonly here: readonly string[];
};

export function judgeListen({ wanted, here }: ListenFacts): Finding {
  const missing = wanted.filter(({ address }) => !here.includes(address));
  if (missing.length > 0) {
    const words = [...new Set(missing.map(({ address }) => address))].map((address) => {
      const apps = missing.filter((one) => one.address === address).map(({ app }) => app);
      return `${address} (${apps.join(', ')})`;
    });
    return failed(
      `no interface has ${words.join(' nor ')}: such an app does not start`,
      'bring up what has the address (`ip address` lists what there is; a VPN: `tailscale up`), or change `listen`',
    );
  }
  const addresses = [...new Set(wanted.map(({ address }) => address))];
  return ok(addresses.length === 0 ? 'the manifest wants none' : `all there: ${addresses.join(', ')}`);
}

export type ForwardersFacts = readonly Forwarder[];

export function forwarders(found: ForwardersFacts): Finding {
  const dead = found.filter(({ isAlive }) => !isAlive);
  const [first] = dead;
  if (first === undefined)
    return ok(
      found.length === 0
        ? 'no pet that runs has an exposure'
        : `${found.length} exposure${found.length === 1 ? '' : 's'}, listening`,
    );
  const words = dead.map(({ project, app, listens }) => `${listens} (${app} of ${project})`).join(', ');
  return failed(`nothing listens on ${words}, although the app runs`, `pets up ${first.app}`);
}
