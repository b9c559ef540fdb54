import { expect, test } from '@jest/globals';
import { journalOf, lookInside } from '../../src/guest/journal.js';
import type { AppName } from '../../src/domain/names.js';
import type { Incus } from '../../src/domain/services.js';

const app = 'web' as AppName;

test.each([
  ['nginx.service', undefined, 'look inside: `pets logs web -u nginx.service`'],
  [null, undefined, "look inside: `pets logs web -u '*'`"],
  [
    'a\\x2db.service',
    Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    "look inside: `pets logs web -u 'a\\x2db.service' --since 2026-01-02T03:04:05Z`",
  ],
])('a person looks at %s since %s by: %s', (unit, since, expected) => {
  expect(lookInside({ app, since }, unit)).toBe(expected);
});

test.each([
  [undefined, null],
  [1_767_323_045_678, '--since=@1767323045'],
])('started at %s: of what was said before then nothing is shown', async (since, option) => {
  const asked: string[][] = [];
  const exec = (_: string, command: string[]) => {
    asked.push(command);
    return Promise.resolve({ exitCode: 0, stdout: 'one\n\ntwo\n', stderr: '' });
  };
  const incus = { query: exec } as unknown as Incus;
  const guest = { incus, app, deadline: Date.now() + 60_000, during: '', since };
  expect(await journalOf(guest, 'x.service')).toEqual(['one', 'two']);
  expect(asked.flat().filter((word) => word.startsWith('--since'))).toEqual(option === null ? [] : [option]);
});
