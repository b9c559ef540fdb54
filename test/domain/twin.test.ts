import { expect, test } from '@jest/globals';
import { isAppName, type AppName } from '../../src/domain/names.js';
import { twinOf, twinProject } from '../../src/domain/twin.js';

test('a twin is named for its app', () => {
  expect(twinOf('web' as AppName)).toBe('web-rehearsal');
});

test('of long names each twin is a name, and no two have one', () => {
  const names = ['a'.repeat(63), `${'a'.repeat(62)}b`, 'a'.repeat(54), 'a'.repeat(53)] as AppName[];
  const twins = names.map(twinOf);
  expect(twins.every(isAppName)).toBe(true);
  expect(new Set(twins).size).toBe(names.length);
});

test('no manifest has the project of twins', () => {
  expect(isAppName(twinProject('homelab'))).toBe(false);
});
