/** A network, a storage pool and a default profile, each only where the daemon has none. */
import { call, listed } from './incus-api.js';
import type { Log } from './run.js';

const network = {
  name: 'incusbr0',
  type: 'bridge',
  config: { 'ipv4.address': '10.213.7.1/24', 'ipv4.nat': 'false', 'ipv6.address': 'none' },
};

type Device = Readonly<Record<string, string>>;
type Profile = { readonly description: string; readonly devices: Readonly<Record<string, Device>> };

export async function setUpIncus(socket: string, log: Log): Promise<void> {
  const { description, devices } = (await call(socket, 'GET', '/1.0/profiles/default')) as Profile;
  const has = (type: string, path?: string) =>
    Object.values(devices).some((device) => device['type'] === type && device['path'] === path);
  const additions: Record<string, Device> = {};
  const pool = await ensurePool(socket, log);
  if (!has('disk', '/')) additions['root'] = { type: 'disk', path: '/', pool };
  if (!has('nic')) {
    await ensureNetwork(socket, log);
    additions['eth0'] = { type: 'nic', name: 'eth0', network: network.name };
  }
  if (Object.keys(additions).length === 0) return;
  log(`adding ${Object.keys(additions).join(' and ')} to the default profile…`);
  // PATCH forgets the description unless it is sent along.
  await call(socket, 'PATCH', '/1.0/profiles/default', { description, devices: additions });
}

/** The pool for the instances' root disks. */
async function ensurePool(socket: string, log: Log): Promise<string> {
  const names = (await listed(socket, 'storage-pools')).map(({ name }) => name);
  const [first] = names;
  if (first !== undefined) return names.includes('default') ? 'default' : first;
  log('creating the storage pool default (dir)…');
  await call(socket, 'POST', '/1.0/storage-pools', { name: 'default', driver: 'dir', config: {} });
  return 'default';
}

async function ensureNetwork(socket: string, log: Log): Promise<void> {
  const networks = await listed(socket, 'networks');
  if (networks.some(({ name, managed }) => name === network.name && managed)) return;
  log(`creating the network ${network.name} (${network.config['ipv4.address']})…`);
  await call(socket, 'POST', '/1.0/networks', network);
}
