import { ProblemError } from '../../domain/problem.js';
import type { RestClient } from './operations.js';

/** Whether the daemon knows a change of its API, by the name in doc/api-extensions.md of Incus. */
export async function hasExtension(name: string, rest: RestClient): Promise<boolean> {
  const found = await rest.get('/1.0');
  const { api_extensions: names = [] } = (found?.metadata ?? {}) as { readonly api_extensions?: string[] };
  return names.includes(name);
}

/** The process of the daemon, as it sees itself; null: it does not say. */
export async function processOf(rest: RestClient): Promise<number | null> {
  const found = await rest.get('/1.0');
  const { environment } = (found?.metadata ?? {}) as {
    readonly environment?: { readonly server_pid?: number };
  };
  return environment?.server_pid ?? null;
}

export async function hasImage(alias: string, rest: RestClient): Promise<boolean> {
  return (await rest.get(`/1.0/images/aliases/${encodeURIComponent(alias)}`)) !== null;
}

export type Pool = { readonly name: string; readonly driver: string; readonly used_by?: readonly string[] };

export async function poolsOf(rest: RestClient): Promise<readonly Pool[]> {
  const found = await rest.get('/1.0/storage-pools?recursion=1');
  return (found?.metadata ?? []) as readonly Pool[];
}

type Profile = { readonly devices?: Readonly<Record<string, Readonly<Record<string, string>>>> };

/** The pool of the default profile's root disk: where Incus puts an instance when nobody says more. */
export async function rootPool(rest: RestClient): Promise<string | null> {
  const found = await rest.get('/1.0/profiles/default');
  const { devices = {} } = (found?.metadata ?? {}) as Profile;
  const root = Object.values(devices).find((d) => d['type'] === 'disk' && d['path'] === '/');
  return root?.['pool'] ?? null;
}

/** The same, or the only one that there is. */
export async function defaultPool(rest: RestClient, pools: readonly Pool[]): Promise<Pool> {
  const name = await rootPool(rest);
  const pool = name === null ? (pools.length === 1 ? pools[0] : null) : pools.find((p) => p.name === name);
  if (pool) return pool;
  throw new ProblemError({
    code: 'pool-unclear',
    message: `it is not clear which storage pool volumes go to: the default profile has no root disk, and there are ${pools.length} pools`,
    hint: 'name one with: incus profile device add default root disk path=/ pool=<pool>',
  });
}
