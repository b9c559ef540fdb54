import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEM_CODES } from '../../src/domain/problem-code.js';
import { ROOT } from '../support/places.js';

const SOURCES = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && name !== 'domain/problem-code.ts')
  .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'))
  .join('\n');
const CODES = Object.keys(PROBLEM_CODES);
const DOCUMENTED = [...readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').matchAll(/^\| `([^`]+)` \|/gm)].map(
  ([, code]) => code,
);

test('each code is given to a problem somewhere', () => {
  expect(CODES.filter((code) => !SOURCES.includes(`'${code}'`))).toEqual([]);
});

test('each code that a problem is given is documented, and no other', () => {
  const given = [...SOURCES.matchAll(/\bcode: '([a-z-]+)'/g)].map(([, code = '']) => code);
  expect(given.length).toBeGreaterThan(100);
  expect(given.filter((code) => !DOCUMENTED.includes(code))).toEqual([]);
  expect(DOCUMENTED).toEqual([...CODES].sort());
});

test('a code is words with hyphens between them, and its meaning whole sentences', () => {
  expect(CODES.filter((code) => !/^[a-z]+(-[a-z]+)*$/.test(code))).toEqual([]);
  expect(Object.values(PROBLEM_CODES).filter((words) => !/^[A-Za-z].*\.$/.test(words))).toEqual([]);
});
