import type { Capture } from '../lib/program.js';
import { vaultIn, type Vault } from '../state/secrets/vault.js';
import type { Context } from './context.js';
import { secretsDirectory } from '../state/folders.js';

const lazyCapture: Capture = async (...args) => (await import('../lib/processes.js')).capture(...args);

/** The secrets of a project. `directory`: where its paths are seen from. */
export function secretsFor(project: string, directory: string, { env }: Context): Vault {
  return vaultIn(secretsDirectory(env, project), { directory, env, capture: lazyCapture });
}
