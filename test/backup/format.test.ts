import { describe, expect, test } from '@jest/globals';
import { chooseBackup, ID, idAt, parseBackup } from '../../src/backup/format.js';

const whole = {
  version: 1,
  project: 'homelab',
  app: 'web',
  flakeRef: './web',
  revision: null,
  toplevel: null,
  generation: 3,
  time: '2026-01-31T23:59:59.123Z',
  pets: '0.1.0',
  killed: null,
  volumes: [
    { name: 'data', path: null, size: '1GiB', file: 'data.tar.gz', sha256: 'a'.repeat(64), bytes: 12 },
  ],
  secrets: [{ name: '_db.2', file: '_db.2.secret', sha256: 'b'.repeat(64), bytes: 32 }],
};

describe('backup.json', () => {
  test('is read as it was written; unknown keys are left out', () => {
    expect(parseBackup(JSON.stringify({ ...whole, later: 1 }), 'backup.json')).toEqual(whole);
  });

  test('of before there was word of kills is read, and does not say', () => {
    const { killed, ...older } = whole;
    expect(killed).toBeNull();
    expect(parseBackup(JSON.stringify(older), 'backup.json')).toEqual(older);
  });

  const volume = (change: object) => ({ ...whole, volumes: [{ ...whole.volumes[0], ...change }] });
  test.each([
    ['no JSON', '{', 'it is not JSON'],
    ['null', 'null', 'Expected Object'],
    ['a newer one', JSON.stringify({ ...whole, version: 2 }), 'version 2 is newer'],
    ['a file elsewhere', JSON.stringify(volume({ file: '../../etc/shadow' })), 'volumes.0.file'],
    [
      'a secret elsewhere',
      JSON.stringify({ ...whole, secrets: [{ ...whole.secrets[0], name: '../db' }] }),
      'secrets.0.name',
    ],
    ['a hidden file', JSON.stringify(volume({ file: '.x' })), 'volumes.0.file'],
    ['a mark of pets’ own', JSON.stringify(volume({ name: 'data.replaced-1' })), 'volumes.0.name'],
    ['no checksum', JSON.stringify(volume({ sha256: '' })), 'volumes.0.sha256'],
    ['half a byte', JSON.stringify(volume({ bytes: 1.5 })), 'volumes.0.bytes'],
  ])('%s is refused', (_, json, why) => {
    expect(() => parseBackup(json, '/b/backup.json')).toThrow(/^\/b\/backup.json cannot be used: /);
    expect(() => parseBackup(json, '/b/backup.json')).toThrow(why);
  });
});

test('an id is a time that sorts', () => {
  expect(idAt(new Date('2026-01-31T23:59:59.999Z'))).toBe('20260131-235959');
  for (const id of ['20260131-235959', '20260131-235959-2']) expect(id).toMatch(ID);
  for (const id of ['.partial-20260131-235959', '20260131', 'x']) expect(id).not.toMatch(ID);
});

describe('which backup', () => {
  const ids = ['20260101-000000', '20260101-000000-2', '20260202-000000'];
  test.each([
    [undefined, '20260202-000000'],
    ['202602', '20260202-000000'],
    ['20260101-000000', '20260101-000000'],
    ['20260101-000000-2', '20260101-000000-2'],
  ])('%s is %s', (wanted, id) => {
    expect(chooseBackup(wanted, ids, 'web')).toBe(id);
  });
  test.each([
    ['202601', ids, 'is the start of 2 backups'],
    ['2027', ids, 'has no backup `2027`'],
    [undefined, [], '`web` has no backup'],
  ])('%s of %j is an error', (wanted, from, why) => {
    expect(() => chooseBackup(wanted, from, 'web')).toThrow(why);
  });
});
