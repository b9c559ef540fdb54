const MS = { s: 1000, m: 60_000, h: 3_600_000 } as const;

/** How durations are written: `90s`, `10m`, `1h`. */
export const DURATION_PATTERN = '^[1-9][0-9]*[smh]$';

/** In ms; null: it is none. */
export function parseDuration(written: string): number | null {
  const [, count = '', unit = ''] = /^([1-9]\d{0,6})([smh])$/.exec(written) ?? [];
  return count === '' ? null : Number(count) * MS[unit as keyof typeof MS];
}

/** The inverse, of whole seconds. */
export function formatDuration(ms: number): string {
  if (ms % MS.h === 0) return `${ms / MS.h}h`;
  return ms % MS.m === 0 ? `${ms / MS.m}m` : `${ms / MS.s}s`;
}
