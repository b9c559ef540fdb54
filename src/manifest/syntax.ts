import type { Problem } from '../problem.js';

/** A syntax error in our words. `at`: where it is, if not where the parser stopped. */
export type SyntaxMessage = Pick<Problem, 'message' | 'hint'> & { readonly at?: 'value' | 'key' };

const QUOTES = 'text must be in quotes: listen = "127.0.0.1"';
const missingValue: SyntaxMessage = { message: 'expected a value after `=`' };
const badValue: SyntaxMessage = { message: 'expected a value', hint: QUOTES, at: 'value' };
const badEscape: SyntaxMessage = { message: 'the escape is no Unicode character' };

type Row = SyntaxMessage | ((rest: string) => SyntaxMessage);

/** @iarna/toml's messages, by what they say; the first that matches wins. `rest`: the line from where it stopped. */
const MESSAGES: readonly (readonly [RegExp, Row])[] = [
  [/redefine/, { message: 'this key or table is defined a second time', at: 'key' }],
  [/extend an inline/, { message: 'an array or table written in one piece cannot be extended' }],
  [/expected "="/, { message: 'expected `=` after the key' }],
  [/Key ended without value/, { message: 'expected `=` or `]` before the end of the file' }],
  [/Empty bare keys/, { message: 'expected a key' }],
  [/Key without value/, missingValue],
  [/expecting string, number/, (rest) => (/^(?:[\n#]|$)/.test(rest) ? missingValue : badValue)],
  [/boolean|"inf"|"nan"/, badValue],
  [/till end of line/, trailingText],
  [/expected whitespace, \. or \]/, { message: "expected `]` after the table's name" }],
  [/comma \(,\) or close/, { message: 'expected `,` or a closing bracket' }],
  [/Empty elements/, { message: 'expected a key, got a second `,`' }],
  [/Trailing commas/, { message: 'the last entry of `{…}` takes no `,`' }],
  [/Unterminated inline/, unclosedBracket],
  [/Unterminated.*string/, { message: 'the string has no closing quote', at: 'value' }],
  [/Control characters/, (rest) => ({ message: `${nameOf(rest)} is not allowed in a string or comment` })],
  [/Unknown character/, (rest) => ({ message: `expected a key or a table, got ${nameOf(rest)}` })],
  [/unicode|code point/, badEscape],
  [/escape/, { message: 'unknown escape in the string', hint: "in '…' a backslash is only a backslash" }],
  [/time of day/, { message: 'no key takes a time of day', hint: QUOTES, at: 'value' }],
  [
    /date|time|Years|Months|Days|Hours|milli/i,
    { message: 'not a valid date or time', hint: QUOTES, at: 'value' },
  ],
  [/number|digit/, { message: 'not a valid number', hint: QUOTES, at: 'value' }],
];

function trailingText(rest: string): SyntaxMessage {
  const message = 'unexpected text at the end of the line';
  return /^[.:/-]/.test(rest) ? { message, hint: QUOTES } : { message };
}

function unclosedBracket(rest: string): SyntaxMessage {
  if (rest === '') return { message: 'expected a closing bracket before the end of the file' };
  return { message: '`{…}` must end on the line it starts on' };
}

export function syntaxMessage(libraryMessage: string, rest: string): SyntaxMessage {
  const found = MESSAGES.find(([pattern]) => pattern.test(libraryMessage))?.[1] ?? {
    message: 'not valid TOML',
  };
  return typeof found === 'function' ? found(rest) : found;
}

/** `é`, or U+0007 for what has no picture. */
function nameOf(rest: string): string {
  const code = rest.codePointAt(0) ?? 0;
  const visible = /^[\p{L}\p{N}\p{P}\p{S}]/u.test(rest);
  return visible
    ? `\`${String.fromCodePoint(code)}\``
    : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
