import { LABEL, type Labels } from './labels.js';
import { isTime, tableIn } from './record-values.js';

/** A person keeps an app at the system that serves it. */
export type Hold = {
  /** When that was said, ISO 8601; null: the record of it cannot be read, and it holds all the same. */
  readonly at: string | null;
  /** When it ends, in the time zone of whoever said it: `2026-12-24T00:00+01:00`; null: when somebody ends it. */
  readonly until: string | null;
  readonly because: string | null;
};

/** Characters of a reason: it stands in one line with others. */
export const LONGEST_REASON = 200;

/** Why a reason is none, in words; null: it is one. */
export function faultOfReason(text: string): string | null {
  if (text.trim() === '') return 'it is empty';
  if (/\p{Cc}/u.test(text)) return 'it has line breaks or other control characters';
  const { length } = text;
  return length > LONGEST_REASON ? `it has ${length} characters, and ${LONGEST_REASON} is the most` : null;
}

export function printHold({ at, until, because }: Hold): string {
  return JSON.stringify({ at, until, because });
}

export function parseHold(text: string | undefined): Hold | null {
  const { at, until, because } = tableIn(text) ?? {};
  if (!isTime(at) || !(until === null || isUntil(until)) || !(because === null || isReason(because)))
    return null;
  return { at, until, because };
}

const UNTIL = /^\d{4}-\d\d-\d\dT\d\d:\d\d[+-]\d\d:\d\d$/;

function isUntil(value: unknown): value is string {
  return typeof value === 'string' && UNTIL.test(value) && !Number.isNaN(Date.parse(value));
}

function isReason(value: unknown): value is string {
  return typeof value === 'string' && faultOfReason(value) === null;
}

const UNREADABLE: Hold = { at: null, until: null, because: null };

/** What holds an instance, `now` in ms since the epoch. Whatever stands there was to keep it as it is. */
export function holdIn(labels: Labels, now: number): Hold | null {
  const text = labels[LABEL.hold] ?? '';
  if (text === '') return null;
  const hold = parseHold(text) ?? UNREADABLE;
  return isOver(hold, now) ? null : hold;
}

/** Whether there is one whose time is past: the next write takes it away. */
export function isOverIn(labels: Labels, now: number): boolean {
  return (labels[LABEL.hold] ?? '') !== '' && holdIn(labels, now) === null;
}

function isOver({ until }: Hold, now: number): boolean {
  return until !== null && Date.parse(until) <= now;
}

/** `until 2026-12-24: "before the holidays"`, with a blank before it where there is anything to say. */
export function termsOf({ at, until, because }: Hold): string {
  if (at === null) return ' (its record cannot be read: somebody else has changed it)';
  return `${until === null ? '' : ` until ${untilWords(until)}`}${because === null ? '' : `: "${because}"`}`;
}

/** Of an app, and what ends it. */
export function holdWords(app: string, hold: Hold): string {
  return `held by hand${termsOf(hold)} — \`pets unhold ${app}\``;
}

/** `2026-12-24` where that day begins, else `2026-12-24 18:00 +01:00`. */
export function untilWords(until: string): string {
  const [day = '', time = ''] = until.split('T');
  const [clock, zone] = [time.slice(0, 5), time.slice(5)];
  if (clock === '00:00') return day;
  return `${day} ${clock} ${zone === '+00:00' ? 'UTC' : zone}`;
}
