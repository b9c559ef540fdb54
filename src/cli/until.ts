import { InvalidArgumentError } from 'commander';

const MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

const EXPECTED =
  'expected a date (2026-12-24), a time (2026-12-24T18:00, with Z or +01:00 if need be) or how long (12h, 3d, 2w)';

/**
 * `2026-12-24` (as that day begins), `2026-12-24T18:00`, `2w`: as ISO 8601 to the minute, in the time zone of this
 * process unless another is said. It must be yet to come.
 */
export function parseUntil(text: string, now: Date): string {
  const at = lengthOf(text, now) ?? timeOf(text);
  if (at === null) throw new InvalidArgumentError(`${EXPECTED}.`);
  if (Date.parse(at) <= now.getTime()) throw new InvalidArgumentError(`that is past; ${EXPECTED}.`);
  return at;
}

/** Of a part of a minute the next whole one. */
function lengthOf(text: string, now: Date): string | null {
  const [, amount = '', unit = ''] = /^([1-9]\d{0,3})([mhdw])$/.exec(text) ?? [];
  if (amount === '') return null;
  const ms = now.getTime() + Number(amount) * MS[unit as keyof typeof MS];
  const whole = new Date(Math.ceil(ms / MS.m) * MS.m);
  return `${dayOf(whole)}T${two(whole.getHours())}:${two(whole.getMinutes())}${offsetOf(whole)}`;
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::00(?:\.0+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

function timeOf(text: string): string | null {
  const [match, year = '', month = '', day = '', hours = '00', minutes = '00', zone] = TIME.exec(text) ?? [];
  if (match === undefined) return null;
  const written = `${year}-${month}-${day}`;
  const local = new Date(Number(year), Number(month) - 1, Number(day), Number(hours), Number(minutes));
  // Of a day or hour that there is not, JavaScript makes the one after it.
  const utc = new Date(`${written}T${hours}:${minutes}Z`);
  if (Number.isNaN(utc.getTime()) || !utc.toISOString().startsWith(written)) return null;
  const at = `${written}T${hours}:${minutes}${zone === undefined ? offsetOf(local) : plainZone(zone)}`;
  return Number.isNaN(Date.parse(at)) ? null : at;
}

function plainZone(zone: string): string {
  if (zone === 'Z') return '+00:00';
  return zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
}

function dayOf(time: Date): string {
  return `${String(time.getFullYear()).padStart(4, '0')}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** `+01:00`. */
function offsetOf(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
