import { ProblemError } from '../problem.js';
import type { Rest } from './operations.js';

type Environment = {
  readonly kernel_version?: string;
  readonly kernel_features?: Readonly<Record<string, string>>;
};

/** Null when the daemon's kernel can show a guest the host's files under ids that the guest has; else why not. */
export async function unshareable(rest: Rest): Promise<string | null> {
  const found = await rest.get('/1.0');
  const { environment = {} } = (found?.metadata ?? {}) as { environment?: Environment };
  if (environment.kernel_features?.['idmapped_mounts'] === 'true') return null;
  return `the host's kernel (${environment.kernel_version ?? 'of unknown version'}) gives Incus no idmapped mounts`;
}

export async function hasImage(alias: string, rest: Rest): Promise<boolean> {
  return (await rest.get(`/1.0/images/aliases/${encodeURIComponent(alias)}`)) !== null;
}

export type Pool = { readonly name: string; readonly driver: string };

export async function poolsOf(rest: Rest): Promise<readonly Pool[]> {
  const found = await rest.get('/1.0/storage-pools?recursion=1');
  return (found?.metadata ?? []) as readonly Pool[];
}

type Profile = { readonly devices?: Readonly<Record<string, Readonly<Record<string, string>>>> };

/** Where Incus itself puts an instance when nobody says more: the pool of the default profile's root disk. */
export async function defaultPool(rest: Rest, pools: readonly Pool[]): Promise<Pool> {
  const found = await rest.get('/1.0/profiles/default');
  const { devices = {} } = (found?.metadata ?? {}) as Profile;
  const root = Object.values(devices).find((d) => d['type'] === 'disk' && d['path'] === '/');
  const pool = root ? pools.find(({ name }) => name === root['pool']) : pools.length === 1 ? pools[0] : null;
  if (pool) return pool;
  throw new ProblemError({
    message: `it is not clear which storage pool volumes go to: the default profile has no root disk, and there are ${pools.length} pools`,
    hint: 'name one with: incus profile device add default root disk path=/ pool=<pool>',
  });
}
