import type { Actual, Volume } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';

/**
 * What a volume is while data is moved: its mark is the volume's name and one of these. The dot keeps them from
 * being any volume of a manifest, so `pets volume ls` shows what a killed run has left, and `volume rm` deletes it.
 */
const KINDS = {
  /** What a backup is made from. */
  copy: 'copy',
  /** Imported, but not in place yet. */
  restored: 'restored',
  /** Imported to see whether it can be, and for nothing else. */
  tried: 'tried',
  /** What a restore took out, until there is a backup of it. */
  replaced: 'replaced',
} as const;
type Kind = keyof typeof KINDS;

/** `data.replaced-20260131-235959`. */
export function stagingName(volume: string, kind: Kind, id: string): string {
  return `${volume}.${KINDS[kind]}-${id}`;
}

export function partsOf(
  mark: string,
): { readonly name: string; readonly kind: Kind; readonly id: string } | null {
  const [, name, kind, id] = /^([^.]+)\.(copy|restored|tried|replaced)-(.+)$/.exec(mark) ?? [];
  return name === undefined || id === undefined ? null : { name, kind: kind as Kind, id };
}

export function isStaged({ volume }: Pick<Volume, 'volume'>): boolean {
  return partsOf(volume) !== null;
}

/**
 * Copies and imports that no run needs any more. One that is in place already is none: where a restore was killed
 * after the app had got its volumes, they only lack their names.
 */
export function leftovers(app: string, volumes: readonly Volume[]): Volume[] {
  const placed = inPlace(app, volumes);
  return volumes.filter((v) => {
    const kind = v.app === app ? partsOf(v.volume)?.kind : undefined;
    return (kind === 'copy' || kind === 'restored' || kind === 'tried') && !placed.includes(v);
  });
}

/** Imported volumes that a killed restore has put in place, but not named. */
export function inPlace(app: string, volumes: readonly Volume[]): Volume[] {
  const own = volumes.filter((v) => v.app === app);
  const begun = new Set(
    own.flatMap((v) => {
      const parts = partsOf(v.volume);
      const isPlaced = parts?.kind === 'restored' && v.usedBy.includes(app);
      return parts && (isPlaced || parts.kind === 'replaced') ? [parts.id] : [];
    }),
  );
  return own.filter((v) => {
    const parts = partsOf(v.volume);
    return parts?.kind === 'restored' && begun.has(parts.id);
  });
}

export function unfinishedRestores({ volumes }: Pick<Actual, 'volumes'>): AppName[] {
  const apps = [...new Set(volumes.map((v) => v.app as AppName))];
  return apps.filter((app) => inPlace(app, volumes).length > 0);
}
