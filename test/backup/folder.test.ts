import { afterAll, expect, test } from '@jest/globals';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BackupDraft,
  idsIn,
  once,
  readBackup,
  removeOlder,
  secretsIn,
  verify,
  type Found,
} from '../../src/backup/folder.js';

const folder = mkdtempSync(join(tmpdir(), 'pets-backups-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const butNewest = (n: number) => (own: readonly Found[]) => own.slice(0, -n);
let count = 0;
const fresh = () => join(folder, String(++count));

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

async function written(root: string, id: string) {
  const draft = await BackupDraft.begin(root, id);
  const facts = await draft.add('data.tar.gz', chunks('one', 'two'));
  const secret = await draft.add('_db.2.secret', once(Buffer.from('pass\0word')));
  const head = { project: 'p', app: 'web', flakeRef: null, revision: null, toplevel: null, generation: null };
  const volume = { name: 'data', path: null, size: null, file: 'data.tar.gz', ...facts };
  const time = '2026-01-31T23:59:59.000Z';
  return draft.finish({
    version: 1,
    ...head,
    time,
    pets: '1',
    volumes: [volume],
    secrets: [{ name: '_db.2', file: '_db.2.secret', ...secret }],
  });
}

test('a backup has its name when it is whole; it reads as written, and proves itself', async () => {
  const root = fresh();
  const { folder: path, backup } = await written(root, '20260131-235959');
  expect(readdirSync(root)).toEqual(['20260131-235959']);
  expect(backup.volumes[0]).toMatchObject({ bytes: 6 });
  expect(await readBackup(path)).toEqual(backup);
  await verify(path, backup);
  expect([...(await secretsIn(path, backup))]).toEqual([['_db.2', Buffer.from('pass\0word')]]);
});

test('of an app’s whole backups the newest are kept; what is none of them is not touched', async () => {
  const root = fresh();
  const own = { project: 'p', app: 'web' };
  for (const day of [1, 2, 3, 4]) await written(root, `2026010${day}-000000`);
  const others = ['20250101-000000', '20250102-000000'];
  for (const id of others) mkdirSync(join(root, id));
  writeFileSync(join(root, '20250102-000000', 'backup.json'), '{"version":2}');
  mkdirSync(join(root, 'lost+found'));
  expect(await removeOlder(root, { ...own, project: 'q' }, butNewest(1))).toEqual([]);
  expect(await removeOlder(root, { ...own, app: 'db' }, butNewest(1))).toEqual([]);
  expect(await removeOlder(root, own, butNewest(4))).toEqual([]);
  expect(await removeOlder(root, own, butNewest(2))).toEqual(['20260101-000000', '20260102-000000']);
  expect(readdirSync(root).sort()).toEqual([...others, '20260103-000000', '20260104-000000', 'lost+found']);
  expect(await removeOlder(root, own, butNewest(1))).toEqual(['20260103-000000']);
});

test('nothing goes where the newest is not what was written', async () => {
  const root = fresh();
  for (const day of [1, 2, 3]) await written(root, `2026010${day}-000000`);
  writeFileSync(join(root, '20260103-000000', 'data.tar.gz'), 'onetwO');
  await expect(removeOlder(root, { project: 'p', app: 'web' }, butNewest(1))).rejects.toThrow('checksum');
  expect(readdirSync(root)).toHaveLength(3);
  expect(await removeOlder(root, { project: 'p', app: 'web' }, () => [])).toEqual([]);
});

test('a second one in the same second gets another name, and sorts behind', async () => {
  const root = fresh();
  for (let n = 0; n < 3; n++) await written(root, '20260131-235959');
  mkdirSync(join(root, '20260131-235959-10'));
  mkdirSync(join(root, 'lost+found'));
  expect(await idsIn(root)).toEqual([
    '20260131-235959',
    '20260131-235959-2',
    '20260131-235959-3',
    '20260131-235959-10',
  ]);
  expect(await idsIn(fresh())).toEqual([]);
});

test('one byte more, one other, or no file: refused', async () => {
  const { folder: path, backup } = await written(fresh(), '20260131-235959');
  const file = join(path, 'data.tar.gz');
  writeFileSync(file, 'onetwO');
  await expect(verify(path, backup)).rejects.toThrow('checksum');
  appendFileSync(file, 'x');
  await expect(verify(path, backup)).rejects.toThrow('7 bytes instead of 6');
  rmSync(file);
  await expect(verify(path, backup)).rejects.toThrow('no such file');
});

test('what was cut short is no backup: a signal, an error, a killed run', async () => {
  const root = fresh();
  const draft = await BackupDraft.begin(root, '20260131-235959');
  const stop = new AbortController();
  const endless = async function* () {
    for (;;) {
      yield Buffer.from('x');
      stop.abort();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await expect(draft.add('data.tar.gz', endless(), stop.signal)).rejects.toThrow();
  expect(await idsIn(root)).toEqual([]);
  expect(readFileSync(join(draft.folder, 'data.tar.gz'))).toBeDefined();
  const next = await BackupDraft.begin(root, '20260201-000000');
  expect(readdirSync(root)).toEqual(['.partial-20260201-000000']);
  await next.discard();
  expect(readdirSync(root)).toEqual([]);
});

test('a folder that cannot be written is a problem, not a bug', async () => {
  const root = fresh();
  writeFileSync(root, '');
  await expect(BackupDraft.begin(join(root, 'web'), '20260131-235959')).rejects.toThrow(
    /^making .*: ENOTDIR/,
  );
});
