import type { Action } from '../domain/action.js';
import type { ActualApp, Volume } from '../domain/actual.js';
import type { Change } from '../domain/plan.js';
import type { DesiredApp } from '../domain/desired.js';
import type { FacetName } from '../domain/facet.js';
import type { StoreMode } from '../domain/store-mode.js';
import { addedDevices, addedKeys } from './added.js';
import { causesOf } from './diff.js';
import { attachSteps, detachSteps, mountsOf } from './mounts.js';

export type Step = { readonly action: Action; readonly cause: string };

/** What is to be done to a container's config and devices, exposures aside. */
export type Refit = {
  /** Touches nothing that runs. */
  readonly prepare: readonly Step[];
  /** Config and profiles: Incus takes them while the container runs, whether they count then or not. */
  readonly config: readonly Step[];
  readonly changes: readonly Step[];
  /** Whether `changes` need the container stopped: what they change is only looked at when it starts. */
  readonly cold: boolean;
  /** Whether something is mounted that was not there before. */
  readonly mounts: boolean;
};

/** `removes`: what somebody has added and is to go. */
type Differences = { readonly changes: readonly Change[]; readonly removes: readonly Change[] };

/** `kept`: the volumes that there are for this app, under its name or its former one. */
export function refitOf(
  app: DesiredApp,
  actual: ActualApp | null,
  { changes, removes }: Differences,
  kept: readonly Volume[],
  store: StoreMode,
): Refit {
  const altered = changes.filter((c) => c.facet === 'container' && !isPassthrough(c));
  const repair: Step[] =
    altered.length > 0 ? [{ action: { kind: 'repair', store }, cause: causesOf(altered) }] : [];
  const mounts = mountsOf(app, actual);
  const there = actual?.attachments ?? [];
  const [detached, attached] = [detachSteps(app, mounts, there), attachSteps(mounts, there)];
  const [config, devices] = actual
    ? [configSteps(app, changes, removes), deviceSteps(app, changes)]
    : [[], []];
  const removed = actual ? removeSteps(actual, removes) : [];
  return {
    prepare: [...missingVolumes(app, kept), ...folderSteps(app)],
    config,
    changes: [...repair, ...resizeSteps(app, kept), ...removed, ...detached, ...devices, ...attached],
    mounts: attached.length > 0,
    cold:
      altered.length + detached.length + attached.length > 0 ||
      changes.some(isCold) ||
      removes.some((change) => isCold(change) || isDisk(change, actual)),
  };
}

/** Whether it is given back what it was made with. */
export function isRepaired({ changes }: Refit): boolean {
  return changes.some(({ action }) => action.kind === 'repair');
}

function isPassthrough({ field }: Change): boolean {
  return field === 'profiles' || field.startsWith('config.') || field.startsWith('device.');
}

/** Keys that Incus applies to a running instance ("live update" in its reference of instance options). */
export const LIVE_CONFIG =
  /^(?:limits\.(?!kernel\.|hugepages\.)|boot\.|user\.|environment\.|snapshots\.|cluster\.)/;

function isCold({ facet, field }: Change): boolean {
  if (facet !== 'container' || !isPassthrough({ field } as Change)) return false;
  return (
    field === 'profiles' || (field.startsWith('config.') && !LIVE_CONFIG.test(field.slice('config.'.length)))
  );
}

const LIMIT_KEYS: Readonly<Record<string, readonly string[]>> = {
  memory: ['limits.memory'],
  cpu: ['limits.cpu', 'limits.cpu.allowance'],
  autostart: ['boot.autostart'],
};

/** The config keys that a field of `limits` or `container` stands for. */
export function keysOf(facet: FacetName, field: string): readonly string[] {
  if (facet === 'limits') return LIMIT_KEYS[field] ?? [];
  return field.startsWith('config.') ? [field.slice('config.'.length)] : [];
}

/** What a service has open below a mount stays open where it is taken away while the service runs. */
function isDisk({ field }: Change, actual: ActualApp | null): boolean {
  const device = actual?.added.devices[field.replace(/^device\./, '')];
  return field.startsWith('device.') && device?.['type'] === 'disk';
}

function removeSteps({ added }: ActualApp, removes: readonly Change[]): Step[] {
  return addedDevices(removes)
    .filter((device) => Object.hasOwn(added.devices, device))
    .map((device) => ({ action: { kind: 'detach', device }, cause: `${device} was added on the machine` }));
}

function configSteps(app: DesiredApp, changes: readonly Change[], removes: readonly Change[]): Step[] {
  const removed = addedKeys(removes);
  const relevant = [...changes, ...removes].filter(
    ({ facet, field }) =>
      facet === 'limits' || (facet === 'container' && (field === 'profiles' || field.startsWith('config.'))),
  );
  if (relevant.length === 0) return [];
  const keys = relevant.flatMap(({ facet, field }) => keysOf(facet, field));
  const config = Object.fromEntries(
    [...keys, ...removed].map((key) => [key, Object.hasOwn(app.config, key) ? (app.config[key] ?? '') : '']),
  );
  const profiles = relevant.some(({ field }) => field === 'profiles') ? (app.profiles ?? ['default']) : null;
  return [{ action: { kind: 'configure', config, profiles }, cause: causesOf(relevant) }];
}

function missingVolumes(app: DesiredApp, kept: readonly Volume[]): Step[] {
  return app.volumes
    .filter(({ name }) => !kept.some((v) => v.volume === name))
    .map(({ name, size }) => ({
      action: { kind: 'make-volume', volume: name, size },
      cause: `volume ${name} is not there`,
    }));
}

function resizeSteps(app: DesiredApp, kept: readonly Volume[]): Step[] {
  return app.volumes.flatMap(({ name, size }): Step[] => {
    const volume = kept.find((v) => v.volume === name);
    if (!volume || volume.size === size) return [];
    const cause = `size of ${name} ${volume.size ?? 'unlimited'} → ${size ?? 'unlimited'}`;
    return [{ action: { kind: 'resize-volume', volume: name, size }, cause }];
  });
}

function folderSteps(app: DesiredApp): Step[] {
  return app.binds
    .filter(({ create }) => create)
    .map(({ source }) => ({
      action: { kind: 'make-folder', path: source.path },
      cause: `${source.written} must be there`,
    }));
}

function deviceSteps(app: DesiredApp, changes: readonly Change[]): Step[] {
  const changed = changes.filter((c) => c.facet === 'container' && c.field.startsWith('device.'));
  const steps = changed.map((change): Step => {
    const device = change.field.slice('device.'.length);
    const value = Object.hasOwn(app.devices, device) ? app.devices[device] : undefined;
    const cause = `${device} ${change.kind === 'drifted' ? 'drifted' : 'changed'}`;
    return value
      ? { action: { kind: 'attach', device, what: { kind: 'device', value } }, cause }
      : { action: { kind: 'detach', device }, cause };
  });
  return steps.sort((a, b) => Number(a.action.kind === 'attach') - Number(b.action.kind === 'attach'));
}
