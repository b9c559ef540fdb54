import { join } from 'node:path';
import type { OutsideSource } from '../domain/manifest.js';
import type { Variables } from '../lib/environment.js';
import type { Capture } from '../lib/program.js';
import { KeptAlerts } from '../state/alerts.js';
import { BuiltSystems } from '../state/built-systems.js';
import { secretsDirectory, stateDirectory } from '../state/folders.js';
import { generatedIn } from '../state/secrets/generated.js';
import { readSource } from '../state/secrets/source.js';
import { vaultIn, type SecretStore } from '../state/secrets/vault.js';

/** What pets keeps on this host about a project, and where. */
export type State = {
  readonly folder: (project: string) => string;
  readonly runs: (project: string) => string;
  /** All backups of the project; each app has a folder in it. */
  readonly backups: (project: string) => string;
  /** The systems that earlier runs of the project came to. */
  readonly builtSystems: (project: string) => BuiltSystems;
  readonly alerts: (project: string) => KeptAlerts;
  readonly generated: (project: string) => ReturnType<typeof generatedIn>;
  /** `directory`: where the project's paths are seen from. */
  readonly vault: (project: string, directory: string) => SecretStore;
  /** What a source outside of pets says; `directory`: where its paths are seen from. */
  readonly valueOf: (source: OutsideSource, directory: string) => Promise<Uint8Array>;
};

export function stateIn(env: Variables, capture: Capture): State {
  const below = (name: string) => (project: string) => join(stateDirectory(env, project), name);
  return {
    folder: (project) => stateDirectory(env, project),
    runs: below('runs'),
    backups: below('backups'),
    builtSystems: (project) => new BuiltSystems(below('built')(project)),
    alerts: (project) => new KeptAlerts(below('alerts.json')(project)),
    generated: (project) => generatedIn(secretsDirectory(env, project)),
    vault: (project, directory) => vaultIn(secretsDirectory(env, project), { directory, env, capture }),
    valueOf: (source, directory) => readSource(source, { directory, env, capture }),
  };
}
