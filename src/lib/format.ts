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

/** `2.1 MiB`, `48.0 KiB`. */
export function formatSize(bytes: number): string {
  let [size, unit] = [bytes / 1024, 'KiB'];
  for (const larger of ['MiB', 'GiB']) if (size >= 1023.95) [size, unit] = [size / 1024, larger];
  return `${size.toFixed(1)} ${unit}`;
}

/** By how much something grew: `+2.1 MiB`, `-48.0 KiB`. */
export function formatGrowth(bytes: number): string {
  return `${bytes < 0 ? '-' : '+'}${formatSize(Math.abs(bytes))}`;
}

/** How long something took: `2.1s`, `1m02s`, `1h02m`. */
export function formatTook(ms: number): string {
  return ms < 59_950
    ? `${(Math.max(0, ms) / 1000).toFixed(1)}s`
    : formatElapsed(Math.round(ms / 1000) * 1000);
}

/** How long something has been running, in whole seconds: `12s`, `1m02s`, `1h02m`. */
export function formatElapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${twoDigits(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h${twoDigits(minutes % 60)}m`;
}

function twoDigits(n: number): string {
  return String(n).padStart(2, '0');
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** What somebody wrote, in a message: on one line, no control characters, not too long. */
export function quote(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return JSON.stringify(short).replace(/[\p{Cc}\p{Cf}]/gu, escapeUnit);
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
