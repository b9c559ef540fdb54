import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cleanText, cleanLines, createStyle, oneLine } from '../../src/ui/style.js';

describe('clean', () => {
  test.each([
    ['colours', '\x1b[1;31mred\x1b[0m text', 'red text'],
    ['screen clearing', '\x1b[2J\x1b[3J\x1b[Hgone', 'gone'],
    ['a window title', '\x1b]0;owned\x07after', 'after'],
    ['a link', '\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\', 'link'],
    ['eight-bit sequences', '\x9b31mred\x9d0;t\x9cx', 'redx'],
    ['a string without end', 'a\x1b]0;never', 'a'],
    ['bidi overrides', 'abc\u202edcba', 'abcdcba'],
    ['progress', ' 10%\r 20%\r', ' 20%'],
    ['tabs', 'a\tb', 'a    b'],
    ['bells', 'a\x07\x00b', 'ab'],
  ])('%s', (_, text, shown) => {
    expect(cleanText(text)).toBe(shown);
  });

  test('leaves nothing that a terminal obeys, whatever comes in', () => {
    const nasty = fc.string({
      unit: fc.constantFrom(
        '\x1b',
        '[',
        ']',
        'J',
        '2',
        ';',
        '\x07',
        '\x9b',
        '\r',
        '\n',
        'a',
        '\\',
        'P',
        '\u202e',
      ),
    });
    fc.assert(fc.property(nasty, (text) => !/[\p{Cc}\u202e]/u.test(cleanText(text))));
    fc.assert(fc.property(nasty, (text) => cleanLines(text).every((line) => !/\p{Cc}/u.test(line))));
  });

  test('several lines as one', () => {
    expect(oneLine('error: a\r\n\n   at b\n')).toBe('error: a at b');
  });
});

test('without colour text stays as it is', () => {
  expect(createStyle(false).red('x')).toBe('x');
  expect(createStyle(true).red('x')).toBe('\x1b[31mx\x1b[39m');
  expect(createStyle(true).red('')).toBe('');
});
