import { parseSchedule, type Schedule } from '../../domain/schedule.js';
import { quote } from '../../lib/format.js';
import { refuse, text } from './kinds.js';

/** A time that comes again and again. */
export const schedule = text<Schedule>('a schedule', (written) => {
  const found = parseSchedule(written);
  if (found) return found;
  const hint =
    'such as "03:00", "Sun 04:00" or "Mon..Fri *-*-* 22:30", as systemd.time(7) has calendar events';
  return refuse(`expected a time that comes again and again, got ${quote(written)}`, hint);
});
