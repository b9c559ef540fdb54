import * as v from 'valibot';
import type { AutoUpdate } from '../../domain/manifest.js';
import type { Rehearsal } from '../../domain/twin.js';
import { key } from '../shape.js';
import { show } from '../text.js';
import { flag } from '../values.js';
import { either, parsedValue, refuse } from './kinds.js';
import { schedule } from './schedule.js';
import { NOTHING, table } from './tables.js';

/** How a new version of an app comes to serve. */
export type Updating = { readonly auto: AutoUpdate | null; readonly rehearsal: Rehearsal | null };

const DEFAULT_SCHEDULE = '03:00';

const rehearsal = table({
  network: key(v.exactOptional(flag), {
    meaning: 'whether its twin has the network interfaces of the app',
    example: true,
    default: { value: false },
    interrupts: NOTHING,
  }),
});

const yesOrNo = parsedValue<boolean>({ type: 'boolean' }, (value) =>
  typeof value === 'boolean'
    ? value
    : refuse(`expected true, false, or a table such as { network = true }, got ${show(value)}`, null),
);

const rehearse = v.pipe(
  either(yesOrNo, rehearsal),
  v.transform((written): Rehearsal | null => {
    if (typeof written === 'boolean') return written ? { network: false } : null;
    return { network: written.network ?? false };
  }),
);

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
  rehearse: key(v.exactOptional(rehearse), {
    meaning: 'whether each new system is tried in a twin first, on copies of the volumes',
    example: true,
    default: { value: false },
    details: 'By every `up`, whether `auto` is true or not. docs/unattended.md says what a twin has.',
    interrupts: NOTHING,
  }),
});

const automatic = v.pipe(
  keys,
  v.transform(({ auto, rehearse: tried = null, ...written }): Updating => {
    if (!auto) return { auto: null, rehearsal: tried };
    const found = written.schedule ?? v.parse(schedule, DEFAULT_SCHEDULE);
    return {
      auto: { schedule: found, allowMajor: written['allow-major'] ?? false },
      rehearsal: tried,
    };
  }),
);

const never = parsedValue<Updating>({ const: false }, (value) => {
  if (value === false) return { auto: null, rehearsal: null };
  const message = `expected false, or a table such as { auto = true, schedule = "Sun 04:00" }, got ${show(value)}`;
  return refuse(message, value === true ? 'update = { auto = true }' : null);
});

export const update = either(never, automatic);
