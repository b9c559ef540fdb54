import { expect, test } from '@jest/globals';
import { busPath, loadersOf } from '../../src/guest/loaders.js';
import type { AppName } from '../../src/domain/names.js';
import type { Incus } from '../../src/domain/services.js';

const APP = 'web' as AppName;

/** A guest whose units say these things of themselves. */
function guest(units: string, answers: string): Incus {
  return {
    query: (_: string, [program = '']: readonly string[]) =>
      Promise.resolve({ exitCode: 0, stdout: program.endsWith('systemctl') ? units : answers, stderr: '' }),
  } as unknown as Incus;
}

const none = '{"type":"a(ss)","data":[]}\n';
const one = (id: string, path: string) => `{"type":"a(ss)","data":[["${id}","${path}"]]}\n`;
const UNITS =
  'a.service loaded active running A\nb.service loaded failed failed B\nc@1.service loaded active x C\n';

test('units by the place that they load from, in either way; one that is gone by now loads nothing', async () => {
  const answers = `${none}${one('x', 'db')}=\n=\n${one('x', '/etc/credstore/db')}${none}=\n`;
  const paths = new Set(['db', '/etc/credstore/db']);
  expect(await loadersOf(guest(UNITS, answers), APP, paths, 1000)).toEqual(['a.service', 'c@1.service']);
  expect(await loadersOf(guest(UNITS, answers), APP, new Set(['other']), 1000)).toEqual([]);
});

test('a guest that says nothing at all has not said that no unit loads it', async () => {
  await expect(loadersOf(guest(UNITS, '=\n=\n=\n'), APP, new Set(['db']), 1000)).rejects.toThrow(
    'systemd does not answer',
  );
});

test.each([
  ['a.service', 'a_2eservice'],
  ['1-a@b.service', '_31_2da_40b_2eservice'],
])('%s is %s on the bus', (unit, path) => {
  expect(busPath(unit)).toBe(path);
});
