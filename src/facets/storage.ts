import { LABEL } from '../domain/labels.js';
import type { AttachmentSpec } from '../domain/action.js';
import type { DesiredApp } from '../domain/desired.js';
import type { Facet, Facets } from '../domain/facet.js';
import { copyOf, snapshotOf, undoneCopyOf } from './copies.js';
import {
  fields,
  gone,
  nameIn,
  type FacetDefinition,
  type Failed,
  type Fields,
  type Seen,
  type StepBack,
  type Steps,
  type Update,
} from './facet.js';
import { attachSteps, detachSteps, mountsOf } from './mounts.js';
import { DEVICES_BACK } from './ways.js';

/** Volumes and folders of the host: disk devices, for which the container is stopped. */
export const storage: FacetDefinition = {
  wanted: ({ wanted }) => fieldsOf(wanted),
  seen: (seen) => ({ ...gone(seen.applied?.facets.storage), ...seenIn(seen) }),
  owns: (field, wanted) => {
    const volume = volumeOfSize(field);
    // A volume that is kept but not wanted may be as large as it likes.
    return volume === null || Object.hasOwn(wanted, volume);
  },
  changedBy: [
    { verb: 'reconfigure', by: ['attach', 'detach', 'make-volume', 'resize-volume', 'make-folder'] },
  ],
  stepsOf,
  back: [{ undoes: ['restore'], turn: 'data', stepsOf: dataSteps }, DEVICES_BACK],
  partOf: (field) => (volumeOfSize(field) === null ? 'makes' : 'free'),
  belongsTo: volumeOfSize,
};

/** `volume.data` is at `/var/lib/x`, `bind./y` shows `/srv/y:ro`. */
function mountField(what: Exclude<AttachmentSpec, { kind: 'device' }>): readonly [string, string] {
  if (what.kind === 'volume') return [`volume.${what.volume}`, what.path];
  return [`bind.${what.path}`, `${what.source}${what.readOnly ? ':ro' : ''}`];
}

function sizeFields(volumes: readonly { readonly name: string; readonly size: string | null }[]): Facet {
  return fields(
    'size',
    volumes.flatMap(({ name, size }): Fields => (size === null ? [] : [[name, size]])),
  );
}

/** `size.data` → `volume.data`; null for any other field. */
function volumeOfSize(field: string): string | null {
  const volume = nameIn(field, 'size');
  return volume === null ? null : `volume.${volume}`;
}

export function sizeIn(facets: Facets, volume: string): string | null {
  return facets.storage?.[`size.${volume}`] ?? null;
}

function fieldsOf({ volumes, binds }: Pick<DesiredApp, 'volumes' | 'binds'>): Facet {
  const mounts = volumes.map(({ name, path }) => mountField({ kind: 'volume', volume: name, path }));
  const folders = binds.map(({ path, source, readOnly }) =>
    mountField({ kind: 'bind', source: source.path, path, readOnly }),
  );
  return { ...Object.fromEntries(mounts), ...sizeFields(volumes), ...Object.fromEntries(folders) };
}

function seenIn({ instance, attachments, volumes }: Seen): Facet {
  // While a rename is under way the volumes still bear the former name.
  const names = [instance.name, instance.config[LABEL.app]];
  const own = volumes.filter(({ app }) => names.includes(app));
  const sizes = sizeFields(own.map(({ volume, size }) => ({ name: volume, size })));
  return { ...sizes, ...Object.fromEntries(attachments.map(mountField)) };
}

function stepsOf({ app, actual, kept }: Update): Steps {
  const mounts = mountsOf(app, actual);
  const there = actual?.attachments ?? [];
  const [detached, attached] = [detachSteps(app, mounts, there), attachSteps(mounts, there)];
  return {
    steps: [
      ...[...missingVolumes(app, kept), ...folderSteps(app)].map(stepAt('prepare')),
      ...resizeSteps(app, kept).map(stepAt('resize')),
      ...detached.map(stepAt('detach')),
      ...attached.map(stepAt('attach')),
    ],
    isCold: detached.length + attached.length > 0,
  };
}

type Placed = Steps['steps'][number];

function stepAt(stage: Placed['stage']): (step: Omit<Placed, 'stage'>) => Placed {
  return (step) => ({ ...step, stage });
}

function missingVolumes(app: DesiredApp, kept: Update['kept']): Omit<Placed, 'stage'>[] {
  return app.volumes
    .filter(({ name }) => !kept.some((v) => v.volume === name))
    .map(({ name, size }) => ({
      action: { kind: 'make-volume', volume: name, size },
      cause: `volume ${name} is not there`,
    }));
}

function resizeSteps(app: DesiredApp, kept: Update['kept']): Omit<Placed, 'stage'>[] {
  return app.volumes.flatMap(({ name, size }) => {
    const volume = kept.find((v) => v.volume === name);
    if (!volume || volume.size === size) return [];
    const cause = `size of ${name} ${volume.size ?? 'unlimited'} → ${size ?? 'unlimited'}`;
    return [{ action: { kind: 'resize-volume' as const, volume: name, size }, cause }];
  });
}

function folderSteps(app: DesiredApp): Omit<Placed, 'stage'>[] {
  return app.binds
    .filter(({ create }) => create)
    .map(({ source }) => ({
      action: { kind: 'make-folder', path: source.path },
      cause: `${source.written} must be there`,
    }));
}

/** Volumes are given back where the new system may have run; what an earlier run left in them is kept as well. */
function dataSteps({ app, actual, volumes, forward, due, cause }: Failed): StepBack[] {
  if (!actual?.applied || !app.stateful || volumes.length === 0) return [];
  const { isResumed, stopped, marked } = due;
  const data = isResumed ? stopped : stopped.filter((id) => marked.includes(id));
  const { generation } = actual.applied;
  const name = undoneCopyOf(generation);
  const taken = forward.findIndex(({ action }) => action.kind === 'snapshot' && action.name === name);
  const before = forward.slice(0, taken + 1).map(({ id }) => id);
  const kept: StepBack = {
    action: snapshotOf(volumes, name),
    cause: 'nobody knows how long the new system has served',
    // Where the way forward took that copy, there is no need of another.
    rescues: taken === -1 ? data : data.filter((id) => before.includes(id)),
  };
  const restored: StepBack = {
    action: { kind: 'restore', volumes, name: copyOf(generation) },
    cause,
    rescues: data,
  };
  return isResumed && actual.state !== 'restoring' ? [kept, restored] : [restored];
}
