import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeFolder, MODES, setMode } from '../lib/files.js';
import type { SecretValues } from '../domain/services.js';
import type { Bytes } from '../lib/program.js';
import { ProblemError } from '../domain/problem.js';
import { countBytes, type Tell } from '../lib/progress.js';
import { kindOf, readRegular, UnfitFile } from '../lib/regular-file.js';
import { BACKUP_FILE, ID, parseBackup, type Backup, type BackupVolume } from './format.js';

const PARTIAL = '.partial-';
/** Bytes of what is read at once: `backup.json`, and each secret. */
const MOST = 16 * 2 ** 20;

/** A backup and where it is. */
export type Found = { readonly id: string; readonly folder: string; readonly backup: Backup };

/** What is in a folder; nothing where there is none. */
export function namesIn(folder: string): Promise<string[]> {
  return tellFileErrors(`reading ${folder}`, async () => (existsSync(folder) ? readdir(folder) : []));
}

/** The ids in a folder of backups, oldest first. */
export async function idsIn(folder: string): Promise<string[]> {
  // `…-10` is newer than `…-9`.
  return (await namesIn(folder))
    .filter((name) => ID.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

export async function readBackup(folder: string): Promise<Backup> {
  const path = join(folder, BACKUP_FILE);
  return parseBackup(await tellFileErrors(`reading ${path}`, () => readRegular(path, MOST).toString()), path);
}

/** Which of an app's backups, oldest first, are to go. */
export type Choose = (own: readonly Found[]) => readonly Found[];

/**
 * Deletes those of an app's whole backups that are to go, once the newest was read back and is what was written; gives
 * their ids, oldest first. What is no backup of this app, or cannot be read as one, stays.
 */
export async function removeOlder(
  root: string,
  { project, app }: Pick<Backup, 'project' | 'app'>,
  choose: Choose,
): Promise<readonly string[]> {
  const own: Found[] = [];
  for (const id of await idsIn(root)) {
    const folder = join(root, id);
    const backup = await readBackup(folder).catch(() => null);
    if (backup?.project === project && backup.app === app) own.push({ id, folder, backup });
  }
  const newest = own.at(-1);
  const gone = choose(own).filter((one) => one !== newest);
  if (newest && gone.length > 0) await verify(newest.folder, newest.backup);
  for (const { id, folder } of gone)
    await tellFileErrors(`deleting ${folder}`, async () => {
      // Killed in between, it is none any more, and the next backup deletes the rest.
      await rename(folder, join(root, `${PARTIAL}${id}`));
      await rm(join(root, `${PARTIAL}${id}`), { recursive: true });
    });
  return gone.map(({ id }) => id);
}

/** Every file of the backup must be what was written. */
export async function verify(
  folder: string,
  { volumes, secrets }: Backup,
  tell: Tell = () => undefined,
): Promise<void> {
  for (const { file, sha256, bytes } of [...volumes, ...secrets]) {
    const path = join(folder, file);
    const found = await tellFileErrors(`reading ${path}`, async () => {
      const info = await stat(path);
      if (!info.isFile()) return `it is ${kindOf(info)}`;
      const { size } = info;
      if (size !== bytes) return `it has ${size} bytes instead of ${bytes}`;
      const hash = createHash('sha256');
      await pipeline(countBytes(createReadStream(path) as Bytes, file, bytes, tell), hash);
      return hash.digest('hex') === sha256 ? null : 'its checksum is another one';
    });
    if (found === null) continue;
    throw new ProblemError({
      code: 'backup-damaged',
      message: `${path} is not what was backed up: ${found}`,
      hint: 'nothing was touched; `pets backups` lists the others',
    });
  }
}

export function archiveOf(folder: string, { file }: BackupVolume): Bytes {
  return createReadStream(join(folder, file)) as Bytes;
}

export async function secretsIn(folder: string, { secrets }: Backup): Promise<SecretValues> {
  const values = secrets.map(async ({ name, file }): Promise<[string, Uint8Array]> => {
    const path = join(folder, file);
    return [name, await tellFileErrors(`reading ${path}`, () => readRegular(path, MOST))];
  });
  return new Map(await Promise.all(values));
}

/** A backup that is being written: under another name until it is whole, for nobody but its owner to read. */
export class BackupDraft {
  readonly #root: string;
  readonly #id: string;
  readonly folder: string;

  private constructor(root: string, id: string) {
    this.#root = root;
    this.#id = id;
    this.folder = join(root, `${PARTIAL}${id}`);
  }

  /** What killed runs have left goes: the project's lock is held, so nobody else writes here. */
  static async begin(root: string, id: string): Promise<BackupDraft> {
    const draft = new BackupDraft(root, id);
    await tellFileErrors(`making ${draft.folder}`, async () => {
      await makeFolder(root, MODES.private.folder);
      for (const name of await readdir(root))
        if (name.startsWith(PARTIAL)) await rm(join(root, name), { recursive: true });
      await makeFolder(draft.folder, MODES.private.folder);
    });
    return draft;
  }

  /** Writes one file as it comes; how long it is, and its hash. */
  add(file: string, content: Bytes, stop?: AbortSignal): Promise<Pick<BackupVolume, 'sha256' | 'bytes'>> {
    const path = join(this.folder, file);
    return tellFileErrors(`writing ${path}`, async () => {
      const hash = createHash('sha256');
      let bytes = 0;
      const measured = async function* (chunks: Bytes) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      };
      const to = createWriteStream(path, { flags: 'wx', mode: MODES.private.file });
      await pipeline(content, measured, to, { ...(stop ? { signal: stop } : {}) });
      await setMode(path, MODES.private.file);
      await syncFolder(path);
      return { bytes, sha256: hash.digest('hex') };
    });
  }

  /** On disk, whole, under its own name. */
  async finish(backup: Backup): Promise<Found> {
    await this.add(BACKUP_FILE, once(Buffer.from(`${JSON.stringify(backup, null, 2)}\n`)));
    return tellFileErrors(`writing ${this.folder}`, async () => {
      await syncFolder(this.folder);
      const taken = await readdir(this.#root);
      const id = freeId(this.#id, taken);
      const folder = join(this.#root, id);
      await rename(this.folder, folder);
      await syncFolder(this.#root);
      return { id, folder, backup };
    });
  }

  discard(): Promise<void> {
    return tellFileErrors(`deleting ${this.folder}`, () => rm(this.folder, { recursive: true, force: true }));
  }
}

function freeId(id: string, taken: readonly string[]): string {
  if (!taken.includes(id)) return id;
  for (let n = 2; ; n++) if (!taken.includes(`${id}-${n}`)) return `${id}-${n}`;
}

/** A stream of what is in memory already. */
export async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}

async function syncFolder(path: string): Promise<void> {
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A full disk or a folder of somebody else's is no bug: the system's word, and what was tried. */
async function tellFileErrors<T>(what: string, attempt: () => T | Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof UnfitFile)
      throw new ProblemError({ code: 'backup-failed', message: `${what}: it ${error.message}` });
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    throw new ProblemError({ code: 'backup-failed', message: `${what}: ${message}` });
  }
}
