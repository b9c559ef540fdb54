import * as v from 'valibot';
import type { AutoUpdate } from '../../domain/manifest.js';
import { parseSchedule, type Schedule } from '../../domain/schedule.js';
import { quote } from '../../lib/format.js';
import { key } from '../shape.js';
import { show } from '../text.js';
import { flag } from '../values.js';
import { either, parsedValue, refuse, text } from './kinds.js';
import { NOTHING, table } from './tables.js';

const DEFAULT_SCHEDULE = '03:00';

const schedule = text<Schedule>('a schedule', (written) => {
  const found = parseSchedule(written);
  if (found) return found;
  const hint =
    'such as "03:00", "Sun 04:00" or "Mon..Fri *-*-* 22:30", as systemd.time(7) has calendar events';
  return refuse(`expected a time that comes again and again, got ${quote(written)}`, hint);
});

const keys = table({
  auto: key(flag, {
    meaning: 'whether it is updated by itself',
    example: true,
    default: 'required',
    interrupts: NOTHING,
  }),
  schedule: key(v.exactOptional(schedule), {
    meaning:
      'when, as systemd.time(7) has calendar events; in the host’s time zone, or in UTC where that follows',
    example: 'Sun 04:00',
    default: { value: DEFAULT_SCHEDULE },
    details: 'The next `pets update --due` after that does it. What was missed is made up for, once.',
    interrupts: NOTHING,
  }),
  'allow-major': key(v.exactOptional(flag), {
    meaning:
      'whether a new major version is taken as well; else it waits for `pets update <app> --allow-major`',
    example: true,
    default: { value: false },
    details: 'Below 1.0 the second number counts. Where an app says no version, nothing waits.',
    interrupts: NOTHING,
  }),
});

const automatic = v.pipe(
  keys,
  v.transform((written): AutoUpdate | null => {
    if (!written.auto) return null;
    const found = written.schedule ?? v.parse(schedule, DEFAULT_SCHEDULE);
    return { schedule: found, allowMajor: written['allow-major'] ?? false };
  }),
);

const never = parsedValue<null>({ const: false }, (value) => {
  if (value === false) return null;
  const message = `expected false, or a table such as { auto = true, schedule = "Sun 04:00" }, got ${show(value)}`;
  return refuse(message, value === true ? 'update = { auto = true }' : null);
});

export const update = either(never, automatic);
