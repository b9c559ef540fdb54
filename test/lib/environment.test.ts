import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { environmentFor, PASSED, personalEnvironment } from '../../src/lib/environment.js';

const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
const [, section = ''] = page.split('### What programs get');
const documented = section
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => (line.split('|')[1] ?? '').match(/(?<=`)[\w*]+(?=`)/g) ?? []);

test('docs/security.md has each variable that passes, and no other', () => {
  expect([...documented].sort()).toEqual([...PASSED].sort());
});

test('what begins like a name that passes does not pass for it', () => {
  const own = { HOME_X: '1', LCD: '1', LC_TIME: '1', AWS_REGION: '1', AWSX: '1', http_proxyx: '1' };
  const passed = Object.keys(environmentFor('nix', own)).filter((name) => name in own);
  expect(passed).toEqual(['LC_TIME', 'AWS_REGION']);
});

test('only git itself is kept from all transports: Nix fetches by it', () => {
  expect(environmentFor('git', {})).toHaveProperty('GIT_ALLOW_PROTOCOL', '');
  expect(environmentFor('nix', { GIT_ALLOW_PROTOCOL: 'ext' })).not.toHaveProperty('GIT_ALLOW_PROTOCOL');
});

test('without a PATH there is none', () => {
  expect(environmentFor('nix', {})).not.toHaveProperty('PATH');
});

test('settings of git that a person makes for one command are for what that person names', () => {
  const own = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'core.worktree', GIT_CONFIG_VALUE_0: '/other' };
  expect(personalEnvironment(own)).toEqual(own);
  expect(Object.values(environmentFor('git', own))).not.toContain('/other');
});
