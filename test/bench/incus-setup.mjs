/** A network, a storage pool and a default profile, each only where the daemon has none. */
import { call } from './incus-api.mjs';

const network = {
  name: 'incusbr0',
  type: 'bridge',
  config: { 'ipv4.address': '10.213.7.1/24', 'ipv4.nat': 'false', 'ipv6.address': 'none' },
};

/**
 * @param {string} socket
 * @param {import('./run.mjs').Log} log
 */
export async function setUpIncus(socket, log) {
  const profile = await call(socket, 'GET', '/1.0/profiles/default');
  /** @type {Record<string, string>[]} */
  const devices = Object.values(profile.devices);
  /** @type {Record<string, Record<string, string>>} */
  const additions = {};
  const pool = await ensurePool(socket, log);
  if (!devices.some((device) => device.type === 'disk' && device.path === '/')) {
    additions.root = { type: 'disk', path: '/', pool };
  }
  if (!devices.some((device) => device.type === 'nic')) {
    await ensureNetwork(socket, log);
    additions.eth0 = { type: 'nic', name: 'eth0', network: network.name };
  }
  if (Object.keys(additions).length === 0) return;
  log(`adding ${Object.keys(additions).join(' and ')} to the default profile…`);
  // PATCH forgets the description unless it is sent along.
  const description = profile.description;
  await call(socket, 'PATCH', '/1.0/profiles/default', { description, devices: additions });
}

/**
 * @param {string} socket
 * @param {import('./run.mjs').Log} log
 * @returns {Promise<string>} the pool for the instances' root disks
 */
async function ensurePool(socket, log) {
  // The daemon says null where it means an empty list.
  /** @type {{ name: string }[]} */
  const pools = (await call(socket, 'GET', '/1.0/storage-pools?recursion=1')) ?? [];
  const names = pools.map((pool) => pool.name);
  const [first] = names;
  if (first !== undefined) return names.includes('default') ? 'default' : first;
  log('creating the storage pool default (dir)…');
  await call(socket, 'POST', '/1.0/storage-pools', { name: 'default', driver: 'dir', config: {} });
  return 'default';
}

/**
 * @param {string} socket
 * @param {import('./run.mjs').Log} log
 */
async function ensureNetwork(socket, log) {
  /** @type {{ name: string, managed: boolean }[]} */
  const networks = (await call(socket, 'GET', '/1.0/networks?recursion=1')) ?? [];
  if (networks.some(({ name, managed }) => name === network.name && managed)) return;
  log(`creating the network ${network.name} (${network.config['ipv4.address']})…`);
  await call(socket, 'POST', '/1.0/networks', network);
}
