import { expect, test } from '@jest/globals';
import { HiddenParts } from '../../../src/state/secrets/hide.js';

function hidden(values: Readonly<Record<string, string>>, text: string): string {
  const parts = new HiddenParts();
  for (const [name, value] of Object.entries(values)) parts.add(name, Buffer.from(value));
  return parts.hide(text);
}

test('a value is hidden wherever it stands, and each of its lines', () => {
  expect(hidden({ db: 'hunter2\n' }, 'hunter2: no user hunter2!')).toBe('[secret db]: no user [secret db]!');
  expect(hidden({ key: 'BEGIN\n  abcdef\nEND!\n' }, 'at abcdef, BEGIN, END!')).toBe(
    'at [secret key], [secret key], [secret key]',
  );
  expect(hidden({ key: 'abcd\nefgh' }, '<abcd\nefgh>')).toBe('<[secret key]>');
});

test('of two that begin alike the longer one, whichever came first', () => {
  for (const values of [
    { short: 'token', long: 'token-of-all' },
    { long: 'token-of-all', short: 'token' },
  ])
    expect(hidden(values, 'token-of-all, token-of, tokentoken')).toBe(
      '[secret long], [secret short]-of, [secret short][secret short]',
    );
});

test('what is hidden already is looked at no more', () => {
  expect(hidden({ a: 'xxxx', b: 'secret' }, 'xxxx secret')).toBe('[secret a] [secret b]');
});

test('what is shorter than four characters would be found everywhere', () => {
  expect(hidden({ pin: '123', blank: ' \n', none: '' }, '1234 123')).toBe('1234 123');
  expect(hidden({ pin: '1234' }, '123')).toBe('123');
  expect(hidden({}, 'text')).toBe('text');
});

test('a value of many lines is taken apart once, and not for each line that is looked at', () => {
  const value = Buffer.from(Array.from({ length: 100_000 }, (_, n) => `line ${n} of it`).join('\n'));
  const parts = new HiddenParts();
  parts.add('long', value);
  value.fill(0);
  expect(parts.hide('it said: line 99999 of it.')).toBe('it said: [secret long].');
});
