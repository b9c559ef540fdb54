import { isAbsolute, join, resolve } from 'node:path';
import type { Variables } from '../lib/environment.js';

/**
 * The folder of what pets keeps on this host about a project: `$PETS_STATE_DIR`, else `$XDG_STATE_HOME/pets`, else
 * `~/.local/state/pets`, for root `/var/lib/pets`; in it, the project's name. It may not be there yet.
 */
export function stateDirectory(env: Variables, project: string, uid = process.getuid?.()): string {
  return join(baseOf(env, uid), project);
}

/** Of a project: the key of its fingerprints, and what was generated. */
export function secretsDirectory(env: Variables, project: string): string {
  return join(stateDirectory(env, project), 'secrets');
}

/** What is known of daemons, whichever project asks. No project is called like it. */
export function trialsDirectory(env: Variables, uid = process.getuid?.()): string {
  return join(baseOf(env, uid), '.trials');
}

function baseOf(env: Variables, uid: number | undefined): string {
  const { PETS_STATE_DIR: own, XDG_STATE_HOME: xdg, HOME: home } = env;
  if (own !== undefined && own !== '') return resolve(own);
  // The XDG rules: a relative one is as none.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'pets');
  return uid === 0 ? '/var/lib/pets' : join(home || '/', '.local', 'state', 'pets');
}
