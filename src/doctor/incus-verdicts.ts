import { failed, type Finding, ok, unknown, warning } from '../domain/finding.js';
import type { Problem } from '../domain/problem.js';
import { OLDEST } from './supported.js';
import { isAtLeast } from './version.js';

export type ServerFacts = { readonly socket: string } & (
  { readonly problem: Problem } | { readonly version: string | null; readonly isTrusted: boolean }
);

/** The oldest release with long-term support: those before it lack what pets asks for. */
const NEEDED = '6.0';

export function server(facts: ServerFacts): Finding {
  if ('problem' in facts) {
    const { message, hint } = facts.problem;
    return failed(message, hint ?? 'see what it says: journalctl -u incus -n 50');
  }
  const { socket, version, isTrusted } = facts;
  if (!isTrusted)
    return failed(`it answers on ${socket}, but trusts nobody there`, 'use the socket of the local daemon');
  if (version === null) return unknown(`what answers on ${socket} does not tell its version`);
  if (!isAtLeast(version, NEEDED))
    return failed(`version ${version}; pets needs ${NEEDED} or newer`, 'upgrade Incus');
  if (!isAtLeast(version, OLDEST.incus))
    return warning(
      `version ${version} answers on ${socket}; pets was run with ${OLDEST.incus} and newer`,
      'upgrade Incus',
    );
  return ok(`version ${version} answers on ${socket}`);
}

export type SocketFacts = { readonly path: string; readonly user: string } & (
  | { readonly is: 'missing' }
  | { readonly is: 'hidden' }
  | {
      readonly is: 'there';
      readonly mayUse: boolean;
      readonly group: string;
      /** Listed in the group; a session that is older than that is not in it. */
      readonly isMember: boolean;
    }
);

export function socket(facts: SocketFacts): Finding {
  const { path, user } = facts;
  if (facts.is === 'missing')
    return failed(`there is no ${path}`, 'systemctl start incus, or set INCUS_SOCKET to where it listens');
  if (facts.is === 'hidden')
    return failed(`${user} may not look into the folder of ${path}`, joining('incus-admin', user));
  const { group, mayUse, isMember } = facts;
  if (mayUse) return ok(`${user} may use ${path} (its group is ${group})`);
  if (isMember)
    return failed(`this session of ${user} is older than its membership in ${group}`, `newgrp ${group}`);
  const words = `${user} may not use ${path} (its group is ${group})`;
  // Nobody is to join root's own group.
  if (group === 'root')
    return failed(words, 'use sudo, or start the daemon with a group: incusd --group incus-admin');
  return failed(words, joining(group, user));
}

function joining(group: string, user: string): string {
  return `sudo usermod -aG ${group} ${user}, then log in again`;
}

/** Null: the daemon does not tell. */
export type IdmapFacts = { readonly kernel: string; readonly has: boolean | null };

export function idmappedMounts({ kernel, has }: IdmapFacts): Finding {
  if (has === null)
    return unknown(
      `this daemon does not tell whether the kernel (${kernel}) has them: the first app finds out, by trial`,
    );
  if (has) return ok(`the kernel (${kernel}) has them: apps can share the host's store`);
  return warning(
    `the kernel (${kernel}) gives Incus none: each app gets a store of its own, from an image with Nix in it`,
    'a kernel from 5.12 on, with /nix/store on a file system that can (ext4, xfs, btrfs; ZFS from 2.2 on)',
  );
}

export type NetworkFacts =
  | { readonly kind: 'none' }
  /** Not one that Incus manages. */
  | { readonly kind: 'foreign'; readonly name: string; readonly isUp: boolean }
  | {
      readonly kind: 'bridge';
      readonly name: string;
      readonly isUp: boolean;
      /** Null: it has no addresses of the family. */
      readonly v4: string | null;
      readonly v6: string | null;
      readonly dhcp: boolean;
      /** Whether anything is bound to the port of DHCP servers. */
      readonly hasServer: boolean;
    };

export function network(facts: NetworkFacts): Finding {
  if (facts.kind === 'none')
    return warning(
      'the default profile has no network: apps are reached through their ports, and reach nothing themselves',
      'incus network create incusbr0 && incus profile device add default eth0 nic network=incusbr0 name=eth0',
    );
  const { name, isUp } = facts;
  if (!isUp)
    return failed(`the network ${name} of the default profile is not up`, `incus network info ${name}`);
  if (facts.kind === 'foreign')
    return unknown(`${name} is up; who gives out addresses there is not for Incus to say`);
  const { v4, v6, dhcp, hasServer } = facts;
  if (v4 === null && v6 === null)
    return warning(`the bridge ${name} has no addresses`, `incus network set ${name} ipv4.address auto`);
  if (v4 === null) return ok(`the bridge ${name} is up (${v6 ?? ''})`);
  if (!dhcp) return warning(`${name} gives out no IPv4 addresses`, `incus network unset ${name} ipv4.dhcp`);
  if (!hasServer)
    return failed(
      `${name} is to give out IPv4 addresses, and nothing listens for DHCP`,
      'install dnsmasq, then restart Incus: systemctl restart incus',
    );
  return ok(`the bridge ${name} is up and gives out addresses (${v4})`);
}

/** Null: the default profile has no root disk. `isThin`: of LVM only. */
export type PoolFacts = null | { readonly name: string; readonly driver: string; readonly isThin: boolean };

const COPY_ON_WRITE = new Set(['btrfs', 'zfs', 'lvm', 'lvmcluster', 'ceph', 'cephfs', 'truenas', 'linstor']);

export function pool(facts: PoolFacts): Finding {
  if (facts === null)
    return failed(
      'the default profile has no root disk: no container can be made',
      'incus profile device add default root disk path=/ pool=<pool> (`incus storage list` has their names)',
    );
  const { name, driver, isThin } = facts;
  const isPlain = driver === 'dir' || (driver === 'lvm' && !isThin);
  if (isPlain) {
    const what = driver === 'dir' ? 'is a plain folder (dir)' : 'is LVM without a thin pool';
    return warning(
      `\`${name}\` ${what}: each copy of a volume, before an upgrade, is a full one, and the app is stopped so long`,
      'make a pool that copies on write, and have the default profile use it: incus storage create fast btrfs',
    );
  }
  if (!COPY_ON_WRITE.has(driver)) return unknown(`\`${name}\` (${driver}): what a snapshot costs`);
  return ok(`\`${name}\` (${driver}): a snapshot of a volume takes no time and no space of its own`);
}
