import { LABEL } from '../../domain/labels.js';
import type { Volume } from '../../domain/actual.js';
import { isAppName, isVolumeName } from '../../domain/names.js';
import type { Pool } from '../client/server.js';

/** A custom volume as GET shows it. */
export type VolumeJson = {
  readonly name: string;
  readonly description: string;
  readonly config: Readonly<Record<string, string>>;
  readonly used_by: readonly string[];
  readonly created_at: string;
};

export function fromJson({ name, config, used_by }: VolumeJson, pool: Pool): Volume {
  return {
    pool: pool.name,
    name,
    app: config[LABEL.app] ?? '',
    volume: config[LABEL.volume] ?? '',
    size: config['size'] ?? null,
    usedBy: used_by.map(userOf),
    copies: pool.driver === 'dir',
  };
}

/** Names and files are made of its marks: one with others than pets writes is nobody's. */
export function isMarked({ config }: VolumeJson): boolean {
  return isAppName(config[LABEL.app] ?? '') && isVolumeName(config[LABEL.volume] ?? '');
}

/** `/1.0/instances/web` → `web`; a profile, or an instance of another of the daemon's projects, as it stands. */
export function userOf(url: string): string {
  const [, name] = /^\/1\.0\/instances\/([^/?]+)$/.exec(url) ?? [];
  return name === undefined ? url : decodeURIComponent(name);
}

/**
 * Incus copies the marks with a volume, into its snapshots too. The one that its app has attached is the pet's,
 * else the oldest: the others are somebody's copies, and none of pets' business.
 */
export function onePerMarks(found: readonly { readonly pool: Pool; readonly json: VolumeJson }[]): Volume[] {
  const whole = found.filter(({ json }) => !json.name.includes('/'));
  const likeliest = whole.toSorted(
    (a, b) =>
      Number(isAttached(b.json)) - Number(isAttached(a.json)) ||
      Date.parse(a.json.created_at) - Date.parse(b.json.created_at),
  );
  const byMarks = new Map<string, Volume>();
  for (const { pool, json } of likeliest) {
    const volume = fromJson(json, pool);
    const marks = JSON.stringify([volume.app, volume.volume]);
    if (!byMarks.has(marks)) byMarks.set(marks, volume);
  }
  return [...byMarks.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isAttached({ config, used_by }: VolumeJson): boolean {
  return used_by.some((user) => userOf(user) === config[LABEL.app]);
}
