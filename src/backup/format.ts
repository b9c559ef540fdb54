import * as v from 'valibot';
import { ProblemError } from '../domain/problem.js';

/** The file that makes a folder a backup. */
export const BACKUP_FILE = 'backup.json';

const text = v.string('expected a string');
const textOrNull = v.nullable(text);
const count = v.pipe(v.number('expected a number'), v.safeInteger(), v.minValue(0));
const bare = (what: string) => v.pipe(text, v.regex(/^[A-Za-z0-9-]+$/, `expected ${what}`));

/** A file beside `backup.json`. */
const part = {
  file: v.pipe(text, v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'expected the name of a file')),
  sha256: v.pipe(text, v.regex(/^[0-9a-f]{64}$/, 'expected a sha256')),
  bytes: count,
};

const volume = v.object({
  /** Its name in the app's `volumes`. */
  name: bare('the name of a volume'),
  /** Where the app had it mounted; null: it was kept, and not attached. */
  path: textOrNull,
  size: textOrNull,
  /** `file` is what Incus exports, a gzipped tar of the volume. */
  ...part,
});

/** One that pets had generated: `file` is its value. */
const secret = v.object({
  name: v.pipe(text, v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/, 'expected the name of a secret')),
  ...part,
});

const backup = v.object({
  version: v.literal(1),
  project: bare('the name of a project'),
  app: bare('the name of an app'),
  flakeRef: textOrNull,
  revision: textOrNull,
  toplevel: textOrNull,
  generation: v.nullable(count),
  time: v.pipe(text, v.isoTimestamp('expected a time')),
  /** The version of pets that wrote it. */
  pets: text,
  /** Why the app was ended by force before it was copied; null: it ended by itself, or did not run. Older ones do not say. */
  killed: v.exactOptional(textOrNull),
  /** Made by the app's schedule, and so subject to what the manifest keeps; absent: by hand, or by a restore. */
  scheduled: v.exactOptional(v.literal(true)),
  volumes: v.array(volume),
  secrets: v.array(secret),
});

export type BackupVolume = v.InferOutput<typeof volume>;
export type BackupSecret = v.InferOutput<typeof secret>;
/** `backup.json`: what a backup is of, and what ran there when it was taken. */
export type Backup = v.InferOutput<typeof backup>;

/** What is told of a backup beside what it holds. */
export type Facts = Omit<Backup, 'version' | 'killed' | 'volumes' | 'secrets'>;

/** Reads the text of `backup.json`; `path` is where it is, for the message. Unknown keys are left out. */
export function parseBackup(json: string, path: string): Backup {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw unusable(path, 'it is not JSON');
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > 1)
    throw unusable(path, `its version ${version} is newer than this pets, which reads version 1`);
  const result = v.safeParse(backup, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const at = issue.path?.map((item) => String(item.key)).join('.') ?? '';
  throw unusable(path, at === '' ? issue.message : `${at}: ${issue.message}`);
}

function unusable(path: string, why: string): ProblemError {
  return new ProblemError({
    code: 'backup-damaged',
    message: `${path} cannot be used: ${why}`,
    hint: '`pets backups` lists those that can',
  });
}

/** `20260131-235959`, UTC: sorted by name is sorted by time. */
export function idAt(time: Date): string {
  return time.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
}

/** A second one in the same second has a number behind. */
export const ID = /^\d{8}-\d{6}(?:-\d+)?$/;

/** The app's backup that an id or the start of one means, the newest without; `ids` is sorted. */
export function chooseBackup(wanted: string | undefined, ids: readonly string[], app: string): string {
  const found = wanted === undefined ? ids.slice(-1) : ids.filter((id) => id.startsWith(wanted));
  const exact = found.find((id) => id === wanted);
  if (exact !== undefined) return exact;
  const [id] = found;
  if (id !== undefined && found.length === 1) return id;
  const known = ids.length > 0 ? `there are ${ids.join(', ')}` : `make one with \`pets backup ${app}\``;
  const what = wanted === undefined ? `\`${app}\` has no backup` : `\`${app}\` has no backup \`${wanted}\``;
  throw new ProblemError({
    code: found.length > 1 ? 'name-ambiguous' : 'backup-unknown',
    message: found.length > 1 ? `\`${wanted ?? ''}\` is the start of ${found.length} backups` : what,
    hint: found.length > 1 ? `they are ${found.join(', ')}` : known,
  });
}
