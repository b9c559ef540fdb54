import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { ProblemError } from '../domain/problem.js';
import type { IdmapFacts, NetworkFacts, PoolFacts, ServerFacts, SocketFacts } from './incus-verdicts.js';
import type { SpaceFacts } from './host-verdicts.js';
import { orProblem, type World } from './world.js';

/** What of the daemon's answers is looked at (doc/rest-api.md of Incus). */
type ServerJson = {
  readonly auth?: string;
  readonly environment?: {
    readonly server_version?: string;
    readonly driver?: string;
    readonly driver_version?: string;
    readonly kernel_version?: string;
    readonly kernel_features?: Readonly<Record<string, string>>;
  };
};
type Device = Readonly<Record<string, string>>;
type ProfileJson = { readonly devices?: Readonly<Record<string, Device>> };
type Config = { readonly config?: Readonly<Record<string, string>> };
type NetworkJson = Config & { readonly managed?: boolean; readonly type?: string };
type PoolJson = Config & { readonly driver: string };
type Amount = { readonly used?: number; readonly total?: number };

export async function serverJson({ ask }: World): Promise<ServerJson> {
  const found = await ask('/1.0');
  return found ?? {};
}

export async function server(world: World): Promise<ServerFacts> {
  const found = await orProblem(serverJson(world));
  if ('problem' in found) return { socket: world.socket, problem: found.problem };
  return {
    socket: world.socket,
    version: found.environment?.server_version ?? null,
    isTrusted: found.auth === 'trusted',
  };
}

export async function socket({ socket: path }: World): Promise<SocketFacts> {
  const found = await stat(path).catch((error: unknown) => (error as NodeJS.ErrnoException).code);
  const { username: user } = userInfo();
  if (typeof found !== 'object') return { path, user, is: found === 'EACCES' ? 'hidden' : 'missing' };
  const group = await groupOf(found.gid);
  const mayUse = await access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
  return { path, user, is: 'there', mayUse, group: group.name, isMember: group.members.includes(user) };
}

/** By /etc/group (group(5)); a group from elsewhere is known by its number. */
async function groupOf(gid: number): Promise<{ name: string; members: readonly string[] }> {
  const lines = (await readFile('/etc/group', 'utf8')).split('\n').map((line) => line.split(':'));
  const [name = String(gid), , , members = ''] = lines.find(([, , id]) => id === String(gid)) ?? [];
  return { name, members: members.split(',') };
}

/** From 7.0 on the daemon lists no features of the kernel any more. */
function toldOf(feature: string | undefined): boolean | null {
  return feature === undefined ? null : feature === 'true';
}

export async function idmappedMounts(world: World): Promise<IdmapFacts> {
  const { environment } = await serverJson(world);
  return {
    kernel: environment?.kernel_version ?? 'of unknown version',
    has: toldOf(environment?.kernel_features?.['idmapped_mounts']),
  };
}

export async function network({ ask }: World): Promise<NetworkFacts> {
  const nic = await defaultDevice(ask, (d) => d['type'] === 'nic');
  const name = nic?.['network'] ?? nic?.['parent'];
  if (name === undefined) return { kind: 'none' };
  const isUp = await isInterfaceUp(name);
  const { managed = false, type, config = {} } = ((await ask(networkPath(name))) ?? {}) as NetworkJson;
  if (!managed || type !== 'bridge') return { kind: 'foreign', name, isUp };
  const given = (key: string) => (config[key] === 'none' ? null : (config[key] ?? null));
  return {
    kind: 'bridge',
    name,
    isUp,
    v4: given('ipv4.address'),
    v6: given('ipv6.address'),
    dhcp: config['ipv4.dhcp'] !== 'false',
    hasServer: await listensOnDhcp(),
  };
}

/** `IFF_UP` of netdevice(7). A bridge without guests has no carrier, and is up all the same. */
const UP = 0x1;

async function isInterfaceUp(name: string): Promise<boolean> {
  const flags = await readFile(`/sys/class/net/${name}/flags`, 'utf8').catch(() => '0');
  return (Number(flags) & UP) !== 0;
}

function networkPath(name: string): string {
  return `/1.0/networks/${encodeURIComponent(name)}`;
}

/** A device of the profile that instances get when nobody says more. */
async function defaultDevice(ask: World['ask'], isIt: (device: Device) => boolean): Promise<Device | null> {
  const { devices = {} } = ((await ask('/1.0/profiles/default')) ?? {}) as ProfileJson;
  return Object.values(devices).find(isIt) ?? null;
}

/** Whether something is bound to the port of DHCP servers, udp 67 (0x43 in proc(5)). */
async function listensOnDhcp(): Promise<boolean> {
  return /^ *\d+: [0-9A-F]{8}:0043 /m.test(await readFile('/proc/net/udp', 'utf8'));
}

const isRoot = (device: Device) => device['type'] === 'disk' && device['path'] === '/';

export async function pool({ ask }: World): Promise<PoolFacts> {
  const root = await defaultDevice(ask, isRoot);
  const name = root?.['pool'];
  if (name === undefined) return null;
  const { driver, config = {} } = ((await ask(poolPath(name))) ?? { driver: 'unknown' }) as PoolJson;
  return { name, driver, isThin: config['lvm.use_thinpool'] !== 'false' };
}

export async function poolSpace({ ask }: World): Promise<SpaceFacts> {
  const name = (await defaultDevice(ask, isRoot))?.['pool'];
  if (name === undefined)
    throw new ProblemError({ code: 'pool-unclear', message: 'the default profile names no storage pool' });
  const found = (await ask(`${poolPath(name)}/resources`)) as { space?: Amount; inodes?: Amount } | null;
  const { space, inodes } = found ?? {};
  return {
    what: `pool \`${name}\``,
    bytes: left(space),
    inodes: left(inodes),
    fix: '`pets gc` removes generations that are not kept; `incus storage info` says what there is',
  };
}

function left(amount: Amount = {}): { free: number; total: number } | null {
  const { used = 0, total = 0 } = amount;
  // Some drivers know no number.
  return total > 0 ? { free: total - used, total } : null;
}

function poolPath(name: string): string {
  return `/1.0/storage-pools/${encodeURIComponent(name)}`;
}
