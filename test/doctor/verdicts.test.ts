import { describe, expect, test } from '@jest/globals';
import * as app from '../../src/doctor/app-verdicts.js';
import * as host from '../../src/doctor/host-verdicts.js';
import * as incus from '../../src/doctor/incus-verdicts.js';
import * as nix from '../../src/doctor/nix-verdicts.js';
import type { Finding } from '../../src/domain/finding.js';
import type { ManifestFound } from '../../src/doctor/world.js';

/** What a row expects: the result, a part of what was found, and of what puts it right. */
type Expected = readonly [result: Finding['result'], found: string, fix?: string];

/** A failure and a warning say what to do; what is fine has nothing to say. */
function expectFinding(finding: Finding, [result, found, fix]: Expected): void {
  expect(finding).toMatchObject({ result, found: expect.stringContaining(found) });
  if (fix === undefined) expect(finding.fix).toBeNull();
  else expect(finding.fix).toContain(fix);
}

const at = { socket: '/run/s' };
test.each<[incus.ServerFacts, Expected]>([
  [{ ...at, version: '6.0.4', isTrusted: true }, ['ok', 'version 6.0.4 answers on /run/s']],
  [{ ...at, version: '6.0.3', isTrusted: true }, ['warning', 'run with 6.0.4', 'upgrade']],
  [{ ...at, version: '6.0', isTrusted: true }, ['warning', 'run with 6.0.4', 'upgrade']],
  [{ ...at, version: '6.20', isTrusted: true }, ['ok', '6.20']],
  [{ ...at, version: '10.1', isTrusted: true }, ['ok', '10.1']],
  [{ ...at, version: '0.7', isTrusted: true }, ['failed', 'needs 6.0', 'upgrade']],
  [{ ...at, version: '5.21.3', isTrusted: true }, ['failed', 'needs 6.0', 'upgrade']],
  [{ ...at, version: null, isTrusted: true }, ['unknown', 'version']],
  [{ ...at, version: '6.0.4', isTrusted: false }, ['failed', 'trusts nobody', 'socket']],
  [
    { ...at, problem: { code: 'daemon-unreachable', message: 'no daemon', hint: 'start it' } },
    ['failed', 'no daemon', 'start it'],
  ],
  [
    { ...at, problem: { code: 'daemon-refused', message: 'a wrong answer' } },
    ['failed', 'a wrong answer', 'journalctl'],
  ],
])('Incus %j', (facts, expected) => {
  expectFinding(incus.server(facts), expected);
});

const socket = { path: '/run/s', user: 'ann' };
const there = { ...socket, is: 'there', group: 'incus-admin' } as const;
test.each<[incus.SocketFacts, Expected]>([
  [{ ...there, mayUse: true, isMember: false }, ['ok', 'ann may use /run/s']],
  [{ ...there, mayUse: false, isMember: false }, ['failed', 'may not', 'usermod -aG incus-admin ann']],
  [{ ...there, mayUse: false, isMember: true }, ['failed', 'session', 'newgrp incus-admin']],
  [{ ...there, group: 'root', mayUse: false, isMember: false }, ['failed', 'may not', 'incusd --group']],
  [{ ...socket, is: 'missing' }, ['failed', 'no /run/s', 'INCUS_SOCKET']],
  [{ ...socket, is: 'hidden' }, ['failed', 'may not look', 'usermod']],
])('its socket %j', (facts, expected) => {
  expectFinding(incus.socket(facts), expected);
});

test.each<[incus.IdmapFacts, Expected]>([
  [{ kernel: '6.1', has: true }, ['ok', '6.1']],
  [{ kernel: '5.4', has: false }, ['warning', 'a store of its own', '5.12']],
  [{ kernel: '6.12', has: null }, ['unknown', 'does not tell']],
])('idmapped mounts %j', (facts, expected) => {
  expectFinding(incus.idmappedMounts(facts), expected);
});

const bridge = {
  kind: 'bridge',
  name: 'br0',
  isUp: true,
  v4: '10.1.1.1/24',
  v6: null,
  dhcp: true,
  hasServer: true,
} as const;
test.each<[incus.NetworkFacts, Expected]>([
  [bridge, ['ok', '10.1.1.1/24']],
  [{ ...bridge, v4: null, v6: 'fd42::1/64', hasServer: false }, ['ok', 'fd42::1/64']],
  [{ ...bridge, isUp: false }, ['failed', 'not up', 'incus network info br0']],
  [{ ...bridge, v4: null }, ['warning', 'no addresses', 'ipv4.address auto']],
  [{ ...bridge, dhcp: false }, ['warning', 'gives out no', 'ipv4.dhcp']],
  [{ ...bridge, hasServer: false }, ['failed', 'nothing listens', 'dnsmasq']],
  [{ kind: 'none' }, ['warning', 'no network', 'incus network create']],
  [{ kind: 'foreign', name: 'lan0', isUp: true }, ['unknown', 'lan0']],
  [{ kind: 'foreign', name: 'lan0', isUp: false }, ['failed', 'not up', 'lan0']],
])('the network %j', (facts, expected) => {
  expectFinding(incus.network(facts), expected);
});

test.each<[incus.PoolFacts, Expected]>([
  [{ name: 'p', driver: 'zfs', isThin: true }, ['ok', 'takes no time']],
  [{ name: 'p', driver: 'lvm', isThin: true }, ['ok', 'takes no time']],
  [{ name: 'p', driver: 'lvm', isThin: false }, ['warning', 'thin pool', 'incus storage create']],
  [{ name: 'p', driver: 'dir', isThin: true }, ['warning', 'a full one', 'incus storage create']],
  [{ name: 'p', driver: 'newfs', isThin: true }, ['unknown', 'newfs']],
  [null, ['failed', 'no root disk', 'incus profile device add']],
])('the pool %j', (facts, expected) => {
  expectFinding(incus.pool(facts), expected);
});

test.each<[nix.ProgramFacts, Expected]>([
  [{ said: 'nix (Nix) 2.8.0' }, ['ok', 'version 2.8.0']],
  [{ said: 'nix (Lix, like Nix) 2.91.1' }, ['ok', 'version 2.91.1']],
  [{ said: 'nix (Determinate Nix 3.6.2) 2.29.0\n' }, ['ok', 'version 2.29.0']],
  [{ said: 'nix (Nix) 2.19pre20231011_abcdef' }, ['ok', 'version 2.19']],
  [{ said: 'nix (Nix) 2.3.16' }, ['failed', 'needs 2.8', 'upgrade']],
  [{ said: 'what?' }, ['unknown', 'what?']],
  [
    { problem: { code: 'program-missing', message: '`nix` is not installed' } },
    ['failed', 'not installed', 'install Nix'],
  ],
])('Nix %j', (facts, expected) => {
  expectFinding(nix.program(facts), expected);
});

test.each<[nix.FlakesFacts, Expected]>([
  [{ works: true, said: '', isEnabled: true }, ['ok', 'enabled']],
  [{ works: true, said: '', isEnabled: false }, ['ok', 'pets turns them on']],
  [
    { works: false, said: 'error: unknown setting\n', isEnabled: false },
    ['failed', 'unknown setting', 'nix.conf'],
  ],
  [{ works: false, said: '', isEnabled: false }, ['failed', 'has none', 'nix.conf']],
  [{ works: false, said: 'a\nno permission\n', isEnabled: false }, ['unknown', 'no permission']],
])('flakes %j', (facts, expected) => {
  expectFinding(nix.flakes(facts), expected);
});

test.each<[nix.StoreFacts, Expected]>([
  [{ answers: true, said: '' }, ['ok', 'answers']],
  [{ answers: false, said: 'error: Permission denied' }, ['failed', 'denied', 'owns /nix']],
  [{ answers: false, said: 'error: cannot connect' }, ['failed', 'cannot connect', 'nix-daemon']],
])('the store %j', (facts, expected) => {
  expectFinding(nix.store(facts), expected);
});

const GIB = 2 ** 30;
const space = (free: number, inodes: host.SpaceFacts['inodes'] = null): host.SpaceFacts => ({
  what: 'X',
  bytes: { free: free * GIB, total: 100 * GIB },
  inodes,
  fix: 'make room',
});
test.each<[host.SpaceFacts, Expected]>([
  [space(5), ['ok', 'X has 5.0 of 100.0 GiB free']],
  [space(4.9), ['warning', '4.9', 'make room']],
  [space(0.9), ['failed', '0.9', 'make room']],
  [space(50, { free: 5, total: 100 }), ['ok', '50.0']],
  [space(50, { free: 4, total: 100 }), ['warning', '4 of 100 inodes', 'make room']],
  [{ ...space(50), bytes: null }, ['unknown', 'X']],
])('space %j', (facts, expected) => {
  expectFinding(host.space(facts), expected);
});

const PER_PET = '/nix/var/nix/profiles/per-pet';
describe('folders', () => {
  test.each<[host.FolderFacts, Expected]>([
    [{ path: PER_PET, nearest: PER_PET, obstacle: null }, ['ok', PER_PET]],
    [{ path: PER_PET, nearest: '/nix/var/nix/profiles', obstacle: null }, ['ok', 'will be made']],
    [{ path: PER_PET, nearest: PER_PET, obstacle: 'EACCES' }, ['failed', 'EACCES', `incus-admin ${PER_PET}`]],
    [{ path: PER_PET, nearest: '/', obstacle: null }, ['unknown', 'Nix has not been set up']],
  ])('profiles %j', (facts, expected) => {
    expectFinding(host.profiles(facts), expected);
  });

  test.each<[host.FolderFacts, Expected]>([
    [{ path: '/s/p', nearest: '/s/p', obstacle: null }, ['ok', '/s/p']],
    [
      { path: '/s/p', nearest: '/s', obstacle: 'EROFS' },
      ['failed', '/s cannot be written in (EROFS)', '/s/p'],
    ],
  ])('state %j', (facts, expected) => {
    expectFinding(host.state(facts), expected);
  });
});

test.each<[host.NodeFacts, Expected]>([
  [{ version: '20.19.0' }, ['ok', 'version 20.19.0']],
  [{ version: '26.12.1' }, ['ok', '26.12.1']],
  [{ version: '20.18.1' }, ['failed', 'needs 20.19', 'newer Node']],
  [{ version: '18.20.8' }, ['failed', 'needs 20.19', 'newer Node']],
])('Node %j', (facts, expected) => {
  expectFinding(host.node(facts), expected);
});

const now = Date.UTC(2026, 5, 1, 12);
const time = { now, newest: now - 1000, isSynchronized: true };
test.each<[host.ClockFacts, Expected]>([
  [time, ['ok', '2026-06-01T12:00Z, kept in time']],
  [{ ...time, isSynchronized: null }, ['ok', 'not known']],
  [{ ...time, isSynchronized: false }, ['warning', 'not kept in time', 'set-ntp']],
  [{ ...time, newest: now + 60_000 }, ['ok', '2026']],
  [{ ...time, newest: now + 3_600_000 }, ['warning', 'gone back', 'set-ntp']],
  [{ ...time, now: 0, newest: 0 }, ['failed', '1970', 'set-ntp']],
])('the clock %j', (facts, expected) => {
  expectFinding(host.clock(facts), expected);
});

test.each<[app.InotifyFacts, Expected]>([
  [{ limit: 128, running: 11, wanted: 0 }, ['ok', 'about 14 guests; 11 run']],
  [{ limit: 128, running: 10, wanted: 2 }, ['warning', '2 more', 'max_user_instances=1024']],
  [{ limit: 128, running: 14, wanted: 0 }, ['warning', '14 run', 'max_user_instances=1024']],
  [{ limit: 128, running: 10, wanted: 5 }, ['failed', '5 more', 'max_user_instances=1024']],
  [{ limit: 128, running: 0, wanted: 100 }, ['failed', '100 more', 'max_user_instances=2048']],
  [{ limit: 128, running: null, wanted: 2 }, ['ok', 'the manifest has 2']],
  [{ limit: 8192, running: 0, wanted: 0 }, ['ok', '910']],
])('inotify %j', (facts, expected) => {
  expectFinding(app.inotify(facts), expected);
});

const noApps = { project: 'p', apps: [] } as unknown as Extract<ManifestFound, { kind: 'read' }>['manifest'];
test.each<[ManifestFound, Expected]>([
  [{ kind: 'read', manifest: noApps }, ['ok', 'project `p`, 0 apps']],
  [{ kind: 'none', why: 'there is none' }, ['unknown', 'there is none']],
  [{ kind: 'invalid', why: 'pets.toml:1:1: no', fix: 'pets validate' }, ['failed', ':1:1', 'pets validate']],
])('the manifest %j', (facts, expected) => {
  expectFinding(app.manifest(facts), expected);
});

const systems = (...refs: string[]): app.NixpkgsFacts => refs.map((ref, n) => ({ app: `app${n}`, ref }));
test.each<[app.NixpkgsFacts, Expected]>([
  [systems('github:nixos/nixpkgs/nixos-25.11'), ['ok', '25.11, as the manifest says']],
  [systems('github:nixos/nixpkgs/nixos-22.05', 'nixpkgs/nixos-unstable'), ['ok', '22.05, unstable']],
  [
    systems('github:nixos/nixpkgs/nixos-25.11', 'github:nixos/nixpkgs/release-21.11', 'nixpkgs/nixos-20.09'),
    ['warning', 'release-21.11 (app1, app2) is older than 22.05', 'nixos-25.11'],
  ],
  [systems('path:/srv/nixpkgs'), ['unknown', 'path:/srv/nixpkgs, which tells no release']],
  [systems(), ['ok', 'wants none']],
])('nixpkgs %j', (facts, expected) => {
  expectFinding(app.nixpkgs(facts), expected);
});

const here = ['::1', '10.0.0.5'];
const wants = (...wanted: [string, string][]): app.ListenFacts => ({
  here,
  wanted: wanted.map(([name, address]) => ({ app: name, address })),
});
test.each<[app.ListenFacts, Expected]>([
  [wants(['web', '10.0.0.5'], ['db', '10.0.0.5']), ['ok', 'all there: 10.0.0.5']],
  [wants(['web', '10.0.0.5'], ['db', '::1']), ['ok', '10.0.0.5, ::1']],
  [wants(), ['ok', 'wants none']],
  [wants(['web', '100.1.2.3'], ['db', '100.1.2.3']), ['failed', '100.1.2.3 (web, db)', 'ip address']],
])('listen addresses %j', (facts, expected) => {
  expectFinding(app.judgeListen(facts), expected);
});

const web = { project: 'p', app: 'web', listens: '127.0.0.1:80', isAlive: true };
test.each<[app.ForwardersFacts, Expected]>([
  [[], ['ok', 'no pet']],
  [[web], ['ok', '1 exposure, listening']],
  [
    [web, { ...web, app: 'db', listens: '[::1]:81', isAlive: false }],
    ['failed', '[::1]:81 (db of p)', 'pets up db'],
  ],
])('forwarders %j', (facts, expected) => {
  expectFinding(app.forwarders(facts), expected);
});
