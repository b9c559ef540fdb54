import equal from 'fast-deep-equal';
import type { AttachmentSpec } from '../domain/action.js';
import type { ActualApp, Attachment } from '../domain/actual.js';
import type { DesiredApp } from '../domain/desired.js';
import type { Step } from './facet.js';

/** A disk device as the manifest asks for it. */
type Mount = {
  readonly device: string;
  readonly what: Exclude<AttachmentSpec, { kind: 'device' }>;
  readonly cause: string;
};

export function mountsOf(app: DesiredApp, actual: ActualApp | null): Mount[] {
  const volumes = app.volumes.map(({ name, path }): Mount => {
    const what = { kind: 'volume', volume: name, path } as const;
    return { device: `volume-${name}`, what, cause: `volume ${name} belongs at ${path}` };
  });
  const there = actual?.attachments ?? [];
  const taken = new Set(actual?.devices);
  const binds = app.binds.map(({ source, path, readOnly }): Mount => {
    const device = there.find((a) => a.kind === 'bind' && a.path === path)?.device ?? freeName(taken);
    const what = { kind: 'bind', source: source.path, path, readOnly } as const;
    return { device, what, cause: `${source.written} belongs at ${path}${readOnly ? ', read-only' : ''}` };
  });
  return [...volumes, ...binds];
}

function freeName(taken: Set<string>): string {
  for (let n = 1; ; n++) {
    const name = `bind-${n}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

function shows({ device, ...there }: Attachment, mount: Mount): boolean {
  return device === mount.device && equal(there, mount.what);
}

export function attachSteps(mounts: readonly Mount[], there: readonly Attachment[]): Step[] {
  return mounts
    .filter((mount) => !there.some((a) => shows(a, mount)))
    .map(({ device, what, cause }) => ({ action: { kind: 'attach', device, what }, cause }));
}

/** Incus lets no two devices be at one path: what moves away from a path that another takes goes first. */
export function detachSteps(app: DesiredApp, mounts: readonly Mount[], there: readonly Attachment[]): Step[] {
  const disks = Object.entries(app.devices).map(([device, { path }]) => ({ device, path }));
  const places = [...mounts.map(({ device, what }) => ({ device, path: what.path })), ...disks];
  return there.flatMap((a): Step[] => {
    const isWanted = mounts.some(({ device }) => device === a.device);
    const isInTheWay = places.some(({ device, path }) => device !== a.device && path === a.path);
    if (isWanted && !isInTheWay) return [];
    const what = a.kind === 'volume' ? `volume ${a.volume}` : a.path;
    const gone = `${what} is not in the manifest any more${a.kind === 'volume' ? '; it is kept' : ''}`;
    const cause = isWanted ? `${what} makes room at ${a.path}` : gone;
    return [{ action: { kind: 'detach', device: a.device }, cause }];
  });
}
