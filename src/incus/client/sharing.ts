import { LABEL } from '../../domain/labels.js';
import { randomBytes } from 'node:crypto';
import { idempotent } from './attempt.js';
import { lxcErrorsOf } from './failed-start.js';
import { IncusError } from './http.js';
import type { RestClient } from './operations.js';
import { instanceUrl } from './own.js';
import { waitForOperations } from './quiesce.js';
import { onceDown } from './reach.js';
import { rootPool } from './server.js';

/** What came of a trial: null, the store can be shared; else why not, in the daemon's words. */
export type ShareVerdict = string | null;

/** What trials have shown, by daemon, kernel and pool: one is enough for each. */
export interface Trials {
  get(key: string): ShareVerdict | undefined;
  keep(key: string, verdict: ShareVerdict): void;
}
export const noTrials: Trials = { get: () => undefined, keep: () => undefined };

type ServerJson = {
  readonly environment?: {
    readonly server_version?: string;
    readonly certificate_fingerprint?: string;
    readonly kernel_version?: string;
    readonly kernel_features?: Readonly<Record<string, string>>;
  };
};

/** Whether a daemon can show a guest the host's files under ids that the guest has (idmapped mounts). */
export class Sharing {
  readonly #rest: RestClient;
  readonly #trials: Trials;

  constructor(rest: RestClient, trials: Trials) {
    this.#rest = rest;
    this.#trials = trials;
  }

  /**
   * Null when it can, as far as is known; else why not. Where nobody has tried, the daemon's own word is a hint: from
   * 7.0 on it says nothing of its kernel.
   */
  async unshareable(): Promise<string | null> {
    const { verdict, environment } = await this.#known();
    const { kernel_features: features = {}, kernel_version: kernel = 'of unknown version' } = environment;
    if (verdict !== undefined) return verdict === null ? null : told(kernel, ` (tried: ${verdict})`);
    const hint = features['idmapped_mounts'];
    return hint === undefined || hint === 'true' ? null : told(kernel, '');
  }

  /**
   * Finds out by doing it, unless that has been done: by how an empty container fails to start. Whether more is known
   * than before.
   */
  async try(): Promise<boolean> {
    const { verdict, key, pool } = await this.#known();
    if (verdict !== undefined || pool === null) return false;
    const found = await idempotent('trying whether the store can be shared', () => tryPool(pool, this.#rest));
    // Something else was in the way: nothing is known, and the next run tries again.
    if (found === undefined) return false;
    this.#trials.keep(key, found);
    return true;
  }

  async #known() {
    const [server, pool] = await Promise.all([this.#rest.get('/1.0'), rootPool(this.#rest)]);
    const { environment = {} } = (server?.metadata ?? {}) as ServerJson;
    const { server_version: version, certificate_fingerprint: daemon, kernel_version: kernel } = environment;
    const key = JSON.stringify([daemon, version, kernel, pool]);
    return { environment, pool, key, verdict: this.#trials.get(key) };
  }
}

function told(kernel: string, more: string): string {
  return `the host's kernel (${kernel}) gives Incus no idmapped mounts${more}`;
}

const STORE = '/nix/store';
/** No path of a store is called like this: by the time that LXC misses it, the store is mounted. */
const NO_INIT = `${STORE}/pets-trial`;
const MARK = LABEL.trial;

async function tryPool(pool: string, rest: RestClient): Promise<ShareVerdict | undefined> {
  await removeOld(rest);
  const name = `pets-trial-${randomBytes(6).toString('hex')}`;
  try {
    await rest.write('POST', '/1.0/instances', { body: bodyOf(name, pool) });
    await rest.write('PUT', instanceUrl(name, '/state'), { body: { action: 'start', timeout: 30 } });
    return undefined;
  } catch (error) {
    if (!(error instanceof IncusError)) throw error;
    return verdictOf(error.message, await lxcErrorsOf(name, rest));
  } finally {
    await remove(name, rest);
  }
}

/** No profile: what it brings (a network card, say) costs time and has nothing to do with the question. */
function bodyOf(name: string, pool: string): object {
  const store = { type: 'disk', source: STORE, path: STORE, readonly: 'true', shift: 'true' };
  const root = { type: 'disk', path: '/', pool };
  return {
    ...{ name, type: 'container', source: { type: 'none' }, profiles: [], devices: { root, store } },
    description: 'pets tries whether the store can be shared; it can be deleted',
    config: { [MARK]: String(Date.now()), 'raw.lxc': `lxc.init.cmd=${NO_INIT}` },
  };
}

/** The daemon refuses the mount beforehand, or LXC does; else LXC gets as far as the program that is not there. */
export function verdictOf(words: string, log: readonly string[]): ShareVerdict | undefined {
  if (/idmap/i.test(words)) return words;
  if (log[0]?.includes(`Failed to exec "${NO_INIT}"`)) return null;
  return log.find((line) => /idmap/i.test(line) || line.includes(STORE));
}

const OLD_MS = 600_000;

/** What a run that was killed has left; a young one may be another run's. */
async function removeOld(rest: RestClient): Promise<void> {
  const found = await rest.get('/1.0/instances?recursion=1');
  const all = (found?.metadata ?? []) as readonly {
    name: string;
    config: Readonly<Record<string, string>>;
  }[];
  for (const { name, config } of all)
    if (MARK in config && Date.now() - Number(config[MARK]) > OLD_MS) await remove(name, rest);
}

async function remove(name: string, rest: RestClient): Promise<void> {
  // The daemon may still be clearing away what the start has begun.
  await waitForOperations(name, rest);
  await onceDown(() => rest.remove(instanceUrl(name)));
}
