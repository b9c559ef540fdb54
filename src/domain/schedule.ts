/** When something is due again and again: a calendar event as systemd.time(7) writes it. */
export type Schedule = {
  readonly written: string;
  /** 0: Sunday. */
  readonly weekdays: ReadonlySet<number>;
  readonly years: ReadonlySet<number>;
  /** 1 to 12. */
  readonly months: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  /** Days count from the month's end: 1 is the last one. */
  readonly fromEnd: boolean;
  readonly hours: ReadonlySet<number>;
  readonly minutes: ReadonlySet<number>;
  readonly seconds: ReadonlySet<number>;
  /** Else the host's time zone. */
  readonly isUtc: boolean;
};

const SHORT: Readonly<Record<string, string>> = {
  minutely: '*-*-* *:*:00',
  hourly: '*-*-* *:00:00',
  daily: '*-*-* 00:00:00',
  weekly: 'Mon *-*-* 00:00:00',
  monthly: '*-*-01 00:00:00',
  quarterly: '*-01,04,07,10-01 00:00:00',
  semiannually: '*-01,07-01 00:00:00',
  yearly: '*-01-01 00:00:00',
  annually: '*-01-01 00:00:00',
};

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const LONGEST = 200;

/** Null: it is none, or one whose seconds are no whole ones or whose time zone is neither the host's nor UTC. */
export function parseSchedule(written: string): Schedule | null {
  if (written.length > LONGEST) return null;
  const words = written.split(/ +/).filter((word) => word !== '');
  const isUtc = words.at(-1)?.toLowerCase() === 'utc';
  if (isUtc) words.pop();
  const [only = ''] = words;
  const short = only.toLowerCase();
  const spelled = words.length === 1 && Object.hasOwn(SHORT, short) ? SHORT[short]?.split(' ') : undefined;
  const rest = spelled ?? words;
  if (rest.length === 0) return null;
  const weekdays = weekdaysIn(rest[0] ?? '');
  const [first = '', second, ...more] = weekdays ? rest.slice(1) : rest;
  if (more.length > 0) return null;
  const [date, time] =
    second === undefined && (first === '' || first.includes(':')) ? ['*-*-*', first] : [first, second];
  const on = dateIn(date);
  const at = timeIn(time === undefined || time === '' ? '00:00:00' : time);
  return on && at && { written, weekdays: weekdays ?? rangeOf(0, 6), ...on, ...at, isUtc };
}

/** `Mon,Wed..Fri`; null: it names no days of the week. */
function weekdaysIn(word: string): ReadonlySet<number> | null {
  const days = new Set<number>();
  const names = word.replace(/,$/, '').split(',');
  for (const name of names) {
    const [from = NaN, to = from] = name.split(/\.\.|-/).map(weekday);
    // Weeks begin on Monday: a range does not go over their end.
    const [first, last] = [(from + 6) % 7, (to + 6) % 7];
    if (!(first <= last)) return null;
    for (let day = first; day <= last; day++) days.add((day + 1) % 7);
  }
  return days;
}

function weekday(name: string): number {
  const day = WEEKDAYS.findIndex(
    (one) => name.toLowerCase() === one || name.toLowerCase() === one.slice(0, 3),
  );
  return day === -1 ? NaN : day;
}

type OnDate = Pick<Schedule, 'years' | 'months' | 'days' | 'fromEnd'>;

/** `2026-*-01`, `*-12-24`, `12-24`; `*-02~03`: the third day from the month's end. */
function dateIn(date: string): OnDate | null {
  const [, year = '*', month = '', sign, day = ''] =
    /^(?:([^-~]+)-)?([^-~]+)([-~])([^-~]+)$/.exec(date) ?? [];
  // Of two digits that of this century, or of the last.
  const whole = year.replace(/(?<!\d)\d\d(?!\d)/g, (two) => (Number(two) < 69 ? `20${two}` : `19${two}`));
  const [years, months, days] = [
    valuesIn(whole, 1970, 2199),
    valuesIn(month, 1, 12),
    valuesIn(day, 1, 31, sign === '~'),
  ];
  return years && months && days && { years, months, days, fromEnd: sign === '~' };
}

type AtTime = Pick<Schedule, 'hours' | 'minutes' | 'seconds'>;

/** `3:00`, `*:0/15`, `1..5:30:00` */
function timeIn(time: string): AtTime | null {
  const [hour = '', minute = '', second = '00', ...more] = time.split(':');
  if (more.length > 0) return null;
  const [hours, minutes, seconds] = [valuesIn(hour, 0, 23), valuesIn(minute, 0, 59), valuesIn(second, 0, 59)];
  return hours && minutes && seconds && { hours, minutes, seconds };
}

/**
 * `*`, `5`, `1,15`, `8..17`, `8..17/3`, `0/15`: a list of them. Null: it is none, or not from `least` to `most`.
 * `isFalling`: steps that have no end go down, as those of days that count from the month's end.
 */
function valuesIn(text: string, least: number, most: number, isFalling = false): ReadonlySet<number> | null {
  if (text === '*') return rangeOf(least, most);
  const all = new Set<number>();
  for (const part of text.split(',')) {
    const [, from = '', to, step] = /^(\d{1,4})(?:\.\.(\d{1,4}))?(?:\/(\d{1,4}))?$/.exec(part) ?? [];
    const [first, by] = [from === '' ? NaN : Number(from), step === undefined ? 1 : Number(step)];
    const [low, high] =
      to !== undefined
        ? [first, Number(to)]
        : rangeFrom(first, step === undefined ? null : isFalling ? least : most);
    if (!(low >= least && high <= most && low <= high && by > 0)) return null;
    for (let n = 0; n <= high - low; n += by) all.add(isFalling ? high - n : low + n);
  }
  return all;
}

/** Both ends, the lower one first. */
function rangeFrom(first: number, end: number | null): readonly [number, number] {
  return end === null ? [first, first] : end < first ? [end, first] : [first, end];
}

function rangeOf(least: number, most: number): ReadonlySet<number> {
  return new Set(Array.from({ length: most - least + 1 }, (_, n) => least + n));
}

/** After as many days the calendar begins anew: 400 years, of which a schedule's dates all come within 28. */
const FARTHEST_DAYS = 28 * 366 + 31;

/** When it was due the last time, at `now` or before it; null: never in a generation. */
export function lastDue(schedule: Schedule, now: Date): Date | null {
  const today = schedule.isUtc
    ? [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
    : [now.getFullYear(), now.getMonth(), now.getDate()];
  const [year = 0, month = 0, day = 0] = today;
  for (let back = 0; back < FARTHEST_DAYS; back++) {
    // The days of a calendar alone, which no time zone changes.
    const date = new Date(Date.UTC(year, month, day - back));
    const found = isOn(schedule, date) ? lastOn(schedule, date, now) : null;
    if (found) return found;
  }
  return null;
}

function isOn({ weekdays, years, months, days, fromEnd }: Schedule, date: Date): boolean {
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return (
    weekdays.has(date.getUTCDay()) &&
    years.has(year) &&
    months.has(month + 1) &&
    days.has(fromEnd ? length - day + 1 : day)
  );
}

function lastOn({ hours, minutes, seconds, isUtc }: Schedule, date: Date, now: Date): Date | null {
  const falling = (values: ReadonlySet<number>) => [...values].sort((a, b) => b - a);
  const [y, m, d] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  for (const hour of falling(hours))
    for (const minute of falling(minutes))
      for (const second of falling(seconds)) {
        const at = isUtc
          ? new Date(Date.UTC(y, m, d, hour, minute, second))
          : new Date(y, m, d, hour, minute, second);
        if (at <= now) return at;
      }
  return null;
}
