import { expect, test } from '@jest/globals';
import {
  stagingName,
  inPlace,
  isStaged,
  leftovers,
  partsOf,
  unfinishedRestores,
} from '../../src/backup/names.js';
import type { Volume } from '../../src/domain/actual.js';

const volume = (mark: string, usedBy: string[] = [], app = 'web'): Volume => ({
  pool: 'default',
  name: `p.${app}.${mark}`,
  app,
  volume: mark,
  size: null,
  copies: true,
  usedBy,
});
const marks = (volumes: Volume[]) => volumes.map((v) => v.volume);

test('a volume that is moved is none of the manifest’s', () => {
  expect(partsOf(stagingName('my-data', 'replaced', '20260131-235959'))).toEqual({
    name: 'my-data',
    kind: 'replaced',
    id: '20260131-235959',
  });
  expect(isStaged(volume('data'))).toBe(false);
  expect(isStaged(volume('data.copy-1'))).toBe(true);
  expect(partsOf('data.other-1')).toBe(null);
});

test('copies and imports are left over; what was replaced, and other apps’, never', () => {
  const all = [
    volume('data', ['web']),
    volume('data.copy-1'),
    volume('data.restored-1'),
    volume('data.replaced-0'),
    volume('data.copy-1', [], 'db'),
  ];
  expect(marks(leftovers('web', all))).toEqual(['data.copy-1', 'data.restored-1']);
  expect(unfinishedRestores({ volumes: all })).toEqual([]);
});

test('imports that the app has, or that go with what was replaced already, are to be named', () => {
  const attached = [volume('data'), volume('data.restored-1', ['web']), volume('cache.restored-1')];
  expect(marks(inPlace('web', attached))).toEqual(['data.restored-1', 'cache.restored-1']);
  expect(leftovers('web', attached)).toEqual([]);
  expect(unfinishedRestores({ volumes: attached })).toEqual(['web']);
  const named = [volume('data.replaced-1'), volume('data.restored-1')];
  expect(marks(inPlace('web', named))).toEqual(['data.restored-1']);
  // Somebody else's use puts nothing in place.
  expect(inPlace('web', [volume('data.restored-1', ['db'])])).toEqual([]);
});
