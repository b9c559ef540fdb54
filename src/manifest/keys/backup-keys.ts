import * as v from 'valibot';
import type { BackupPolicy } from '../../domain/manifest.js';
import { KEEP_WORDS, type Keep } from '../../domain/retention.js';
import { key } from '../shape.js';
import { show } from '../text.js';
import { integer } from '../values.js';
import { either, parsedValue, refuse } from './kinds.js';
import { localPath } from './paths.js';
import { schedule } from './schedule.js';
import { NOTHING, table } from './tables.js';

const MOST_KEPT = 10_000;
const count = integer(1, MOST_KEPT);

function keptOf(which: string, example: number) {
  return key(v.exactOptional(count), {
    meaning: `how many ${which}`,
    example,
    default: 'none',
    interrupts: NOTHING,
  });
}

const EXAMPLE = 'keep = { daily = 7, weekly = 4 }';

const keep = v.pipe(
  table({
    last: keptOf('of the newest stay', 3),
    daily: keptOf('days have their newest kept', 7),
    weekly: keptOf('weeks, from Monday on, have their newest kept', 4),
    monthly: keptOf('months have their newest kept', 6),
    yearly: keptOf('years have their newest kept', 2),
  }),
  v.rawTransform(({ dataset, addIssue, NEVER }): Keep => {
    const { value } = dataset;
    if (KEEP_WORDS.some((word) => value[word] !== undefined)) return value;
    addIssue({ message: `\`keep\` says nothing: every backup would be deleted\n${EXAMPLE}` });
    return NEVER;
  }),
);

function keys(directory: string) {
  return table({
    schedule: key(v.exactOptional(schedule), {
      meaning: 'when, as systemd.time(7) has calendar events; as with `update`',
      example: 'daily',
      default: 'only by hand',
      details: 'The next `pets update --due` or `pets backup --due` after that does it.',
      interrupts: NOTHING,
    }),
    keep: key(v.exactOptional(keep), {
      meaning: 'which of the backups that its schedule made stay; the others are deleted after the next one',
      example: { daily: 7, weekly: 4 },
      default: 'all',
      details: 'One stays that any of them asks for. Those made by hand, or by a restore, are never deleted.',
      interrupts: NOTHING,
    }),
    to: key(v.exactOptional(localPath(directory, 'a folder')), {
      meaning: 'the folder of the host that they go to, below it `<project>/<app>/<id>`; it must be there',
      example: '/mnt/nas/pets',
      default: 'pets’ own folder of state',
      interrupts: NOTHING,
    }),
  });
}

const never = parsedValue<BackupPolicy | null>({ const: false }, (value) => {
  if (value === false) return null;
  const message = `expected false, or a table such as { schedule = "daily" }, got ${show(value)}`;
  return refuse(message, value === true ? 'backup = { schedule = "daily" }' : null);
});

export function backup(directory: string) {
  const policy = v.pipe(
    keys(directory),
    v.transform((written): BackupPolicy => ({
      schedule: written.schedule ?? null,
      keep: written.keep ?? null,
      to: written.to ?? null,
    })),
  );
  return either(never, policy);
}
