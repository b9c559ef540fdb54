import type { Problem } from '../domain/problem.js';
import { type Failure, isFailure, parseTree, TOO_DEEP, TOO_LONG } from './ast.js';
import { openString } from './pieces.js';

/** A syntax error in our words. `index`: where it is, in the text. */
export type SyntaxProblem = Pick<Problem, 'message' | 'hint'> & { readonly index: number };
type Words = Pick<Problem, 'message' | 'hint'>;

const QUOTES = 'text must be in quotes: listen = "127.0.0.1"';
const badDate: Words = { message: 'not a valid date or time', hint: QUOTES };
const badNumber: Words = { message: 'not a valid number', hint: QUOTES };
const badValue: Words = { message: 'expected a value', hint: QUOTES };
const noKey: Words = { message: 'expected a key' };

type Where = 'there' | 'word' | 'string';

/** What the parser says of one thing only, by its message. Where: there, or where the word or string began. */
const PLAIN: readonly (readonly [RegExp, Words | ((got: string) => Words), Where?])[] = [
  [/multiple times/, { message: 'this key or table is defined a second time' }],
  [/Unterminated string/, { message: 'the string has no closing quote' }, 'string'],
  [/Three or more quotes/, { message: 'the string has too many quotes at its end' }],
  [
    /Invalid code point .* within|Control/,
    (got) => ({ message: `${got} is not allowed in a string or comment` }),
  ],
  [/Invalid code point/, { message: 'the escape is no Unicode character' }],
  [/escape/, { message: 'unknown escape in the string', hint: "in '…' a backslash is only a backslash" }],
  [/invalid (?:date|time)/, badDate, 'word'],
  [
    /Leading zeros/,
    { message: 'a number does not begin with 0', hint: 'text must be in quotes: "0644"' },
    'word',
  ],
  [/Underscores/, badNumber, 'word'],
  [/Unexpected spaces/, { message: 'no space between two brackets' }],
  [/Empty bare|\bdots?\b/, noKey],
  [new RegExp(TOO_DEEP), { message: TOO_DEEP }],
  [new RegExp(TOO_LONG), { message: TOO_LONG, hint: 'what is so long is better in a file of its own' }],
];

/** The parser's failure as a person would put it. */
export function syntaxProblem(source: string, { message, index }: Failure): SyntaxProblem {
  const plain = PLAIN.find(([pattern]) => pattern.test(message));
  if (!plain) return missing(source, index);
  const [, words, where = 'there'] = plain;
  const at = where === 'word' ? wordStart(source, index) : index;
  return {
    ...(typeof words === 'function' ? words(nameOf(source, index)) : words),
    index: where === 'string' ? openString(source) : at,
  };
}

/** What the parser did not expect is told by what it misses at the end of the text before. */
function missing(source: string, index: number): SyntaxProblem {
  const end = endBefore(source, index);
  const before = failureOf(source.slice(0, end));
  const got = nameOf(source, index);
  if (before === null) {
    const isFirst = end < index || index === 0;
    return {
      index,
      ...(isFirst ? { message: `expected a key or a table, got ${got}` } : trailing(source, index)),
    };
  }
  if (/Unspecified/.test(before)) return missingValue(source, index, end);
  if (/Unterminated (?:array|inline)/.test(before)) return missingComma(source, index, end);
  if (/equal/.test(before)) return { index: end, message: 'expected `=` after the key' };
  if (/Unterminated table-key/.test(before)) return missingBracket(source, end);
  if (/Unexpected token|Empty bare|\bdots?\b/.test(before))
    return { index, message: `expected a key, got ${got}` };
  const start = wordStart(source, index);
  return { index: start, ...(/^(?:\d{4}-|\d\d:)/.test(source.slice(start, index)) ? badDate : badNumber) };
}

function trailing(source: string, index: number): Words {
  const message = 'unexpected text at the end of the line';
  return /[.:/-]/.test(source[index] ?? '') ? { message, hint: QUOTES } : { message };
}

function missingValue(source: string, index: number, end: number): SyntaxProblem {
  const isInList = !/same line/.test(failureOf(`${source.slice(0, end)}\n]`) ?? '');
  if (index >= source.length && isInList) return { index: end, message: UNCLOSED };
  if (!isInList && (end < index || /^(?:#|$)/.test(source[index] ?? '')))
    return { index: end, message: 'expected a value after `=`' };
  if (source[index] === ',') return { index, message: 'expected a value, got `,`' };
  return { index, ...badValue };
}

const UNCLOSED = 'expected a closing bracket before the end of the file';

function missingComma(source: string, index: number, end: number): SyntaxProblem {
  if (index >= source.length) return { index: end, message: UNCLOSED };
  if (source[index] === ',') return { index, message: 'expected a key, got a second `,`' };
  return { index: end, message: 'expected `,` or a closing bracket' };
}

function missingBracket(source: string, end: number): SyntaxProblem {
  if (/[[.]/.test(source[end - 1] ?? '')) return { index: end, ...noKey };
  return { index: end, message: "expected `]` after the table's name" };
}

function failureOf(source: string): string | null {
  const tree = parseTree(source);
  return isFailure(tree) ? tree.message : null;
}

/** The end of what was written before, where it is on an earlier line. */
function endBefore(source: string, index: number): number {
  const line = source.slice(source.lastIndexOf('\n', index - 1) + 1, index);
  if (line.trim() !== '') return index;
  let end = index;
  while (end > 0 && /[ \t\n]/.test(source[end - 1] ?? '')) end--;
  return end;
}

function wordStart(source: string, index: number): number {
  let start = index;
  while (start > 0 && /[\w.:+-]/.test(source[start - 1] ?? '')) start--;
  return start;
}

/** `é`, or U+0007 for what has no picture. */
function nameOf(source: string, index: number): string {
  const code = source.codePointAt(index) ?? 0;
  const text = String.fromCodePoint(code);
  if (index >= source.length) return 'the end of the file';
  if (text === '\n') return 'the end of the line';
  return /^[\p{L}\p{N}\p{P}\p{S}]/u.test(text)
    ? `\`${text}\``
    : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
