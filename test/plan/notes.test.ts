import { expect, test } from '@jest/globals';
import { notes } from './worlds.js';

test('a volume that is taken away is kept, and it is said how to delete it', () => {
  expect(notes({ want: ['web'], have: ['web - volumes=data:/x'] })).toEqual([
    'the volume `data` is detached and kept; `pets volume rm web/data` deletes it',
  ]);
});

test('one of another name is another one: the data stays where it was', () => {
  expect(notes({ want: ['web - volumes=files:/x'], have: ['web - volumes=data:/x'] })).toEqual([
    'the volume `data` is detached and kept; `pets volume rm web/data` deletes it',
    'what is at /x on the root disk is hidden by the volume `files`, not deleted',
  ]);
});

test('one that hides what is on the root disk', () => {
  expect(notes({ want: ['web - volumes=data:/x'], have: ['web'] })).toEqual([
    'what is at /x on the root disk is hidden by the volume `data`, not deleted',
  ]);
  expect(notes({ want: ['web - volumes=data:/x'] })).toEqual([]);
  expect(notes({ want: ['web - volumes=data:/y'], have: ['web - volumes=data:/x'] })).toEqual([]);
});

test('one that is there from before', () => {
  const volumes = ['web/data', 'api/data', 'web/more'];
  expect(notes({ want: ['web - volumes=data:/x'], volumes })).toEqual([
    'the volume `data` is there from before and is attached with its data',
  ]);
  expect(notes({ want: ['web - volumes=data:/x'], have: ['web'], volumes })).toEqual([
    'the volume `data` is there from before and is attached with its data',
    'what is at /x on the root disk is hidden by the volume `data`, not deleted',
  ]);
  expect(
    notes({ want: ['new - was=web volumes=more:/x'], have: ['web - volumes=data:/y'], volumes }),
  ).toEqual([
    'the volume `data` is detached and kept; `pets volume rm new/data` deletes it',
    'the volume `more` is there from before and is attached with its data',
    'what is at /x on the root disk is hidden by the volume `more`, not deleted',
  ]);
});

test('whatever deletes a container says what goes and what stays', () => {
  const have = ['web - volumes=data:/x,old:/old'];
  const kept = (volume: string) =>
    `the volume \`${volume}\` is kept; \`pets volume rm web/${volume}\` deletes it`;
  expect(notes({ want: [], have })).toEqual([kept('data'), kept('old')]);
  expect(notes({ want: [], have, prune: true })).toEqual([kept('data'), kept('old')]);
  expect(notes({ want: ['web - store=copy volumes=data:/x'], have, recreate: true })).toEqual([
    'what is on its root disk is lost',
    'the volume `old` is detached and kept; `pets volume rm web/old` deletes it',
  ]);
});

test('a store of its own where none was asked for', () => {
  const unshareable = 'the kernel is too old';
  expect(notes({ want: ['web'], unshareable })).toEqual([`it gets a store of its own: ${unshareable}`]);
  expect(notes({ want: ['web - store=copy'], unshareable })).toEqual([]);
  expect(notes({ want: ['web'], have: ['web - store=copy'], unshareable })).toEqual([]);
});
