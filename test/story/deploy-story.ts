import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PROFILES, Story } from './rig.js';

/**
 * Whoever deploys or adopts holds the one project of all that is deployed, which others on this machine may hold just
 * then. What is deployed has the default health, and is to be adopted by a manifest that says the same.
 */
export class DeployStory extends Story {
  constructor(name: string) {
    super(name, { isWatched: true });
  }

  override env(): NodeJS.ProcessEnv {
    return { ...super.env(), PETS_LOCK_WAIT: '8m' };
  }
}

/** Deployed pets bear no project of the story's. The folder of all of them may be another's just now: it stays. */
export function removeProfile(name: string): void {
  rmSync(join(PROFILES, '_deployed', name), { recursive: true, force: true });
}
