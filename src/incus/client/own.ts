import { LABEL } from '../../domain/labels.js';
import equal from 'fast-deep-equal';
import { parseInstanceState, type InstanceState } from '../../domain/instance-state.js';
import type { InstanceJson } from '../../domain/services.js';
import { IncusError } from './http.js';
import type { RestClient } from './operations.js';
import { ensure } from './reach.js';

/** The daemon's project that pets live in. */
export const INCUS_PROJECT = 'default';

type Devices = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** An instance as GET shows it and PUT takes it, `volatile.*` and all. */
export type Instance = {
  /** In the daemon's words; `stateOf` understands them. */
  readonly status: unknown;
  readonly description: string;
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Devices;
  readonly profiles: readonly string[];
  readonly [key: string]: unknown;
};
/** All that the daemon lists. */
export function instancesFrom(metadata: unknown): readonly InstanceJson[] {
  const listed = (metadata ?? []) as readonly (InstanceJson & Pick<Instance, 'status'>)[];
  return listed.map((instance) => ({ ...instance, status: stateOf(instance) }));
}

export function stateOf({ status }: Pick<Instance, 'status'>): InstanceState {
  return parseInstanceState(status);
}

export type Found = { readonly instance: Instance; readonly etag: string };
export type Change = {
  readonly config?: Readonly<Record<string, string>>;
  readonly devices?: Devices;
  readonly profiles?: readonly string[];
};

export function instanceUrl(name: string, rest = ''): string {
  return `/1.0/instances/${encodeURIComponent(name)}${rest}`;
}

/**
 * Marks make a pet: a project's, and the name that the instance has. A rename moves the latter in two steps,
 * of which the second may be missing: `becoming` covers that.
 */
export function isPet(project: string, name: string, config: Instance['config']): boolean {
  const names = [config[LABEL.app], config[LABEL.renamingTo]];
  return config[LABEL.project] === project && names.includes(name);
}

/** The instances that bear one project's marks. No write goes to any other. */
export class ManagedInstances {
  readonly #rest: RestClient;
  readonly #project: string;

  constructor(rest: RestClient, project: string) {
    this.#rest = rest;
    this.#project = project;
  }

  /** Null when there is none of that name; one of somebody else's is an IncusError. */
  async find(name: string): Promise<Found | null> {
    const found = await this.#rest.get(instanceUrl(name));
    if (!found) return null;
    const instance = found.metadata as Instance;
    // Planned from a list that may be minutes old: somebody may have put another instance in its place.
    if (!isPet(this.#project, name, instance.config)) {
      throw new IncusError(
        `the instance \`${name}\` does not bear the marks of this project; it was not touched`,
        409,
      );
    }
    return { instance, etag: found.etag ?? '' };
  }

  async get(name: string): Promise<Found> {
    const found = await this.find(name);
    if (!found) throw new IncusError(`there is no instance \`${name}\``, 404);
    return found;
  }

  /** An empty config value removes its key. Without its description a PATCH erases it. */
  async patch(name: string, change: Change): Promise<void> {
    const { instance, etag } = await this.get(name);
    const config = { ...finishRename(name, instance), ...change.config };
    const body = { ...change, config, description: instance.description };
    await ensure(this.#rest.write('PATCH', instanceUrl(name), { body, etag }), async () =>
      has((await this.get(name)).instance, { ...change, config }),
    );
  }
}

/** Whether a change of an instance has been made. */
export function has(instance: Instance, { config = {}, devices = {}, profiles }: Change): boolean {
  return (
    Object.entries(config).every(([key, value]) => (instance.config[key] ?? '') === value) &&
    Object.entries(devices).every(([name, device]) => equal(instance.devices[name], device)) &&
    (profiles === undefined || equal(instance.profiles, profiles))
  );
}

/** What is left to do of a rename that was cut short after Incus had done its part. */
function finishRename(name: string, { config }: Instance): Readonly<Record<string, string>> {
  if (config[LABEL.renamingTo] !== name) return {};
  return { [LABEL.app]: name, [LABEL.renamingTo]: '' };
}
