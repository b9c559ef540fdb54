import * as v from 'valibot';
import type { Lock, Locked } from '../domain/manifest.js';
import type { Problem } from '../domain/problem.js';
import { quote } from '../lib/format.js';
import { isTable, show } from './text.js';

export type ParsedLock =
  { readonly ok: true; readonly lock: Lock } | { readonly ok: false; readonly problems: readonly Problem[] };

export const emptyLock: Lock = { version: 1, refs: {} };

const RESTORE = 'take it from git again, or delete it: `pets up` then pins everything anew';

/** As the manifest's flake references are kept: no option, one line without spaces. */
const keySchema = v.pipe(
  v.string('expected a string'),
  v.regex(/^[A-Za-z][^\s\p{Cc}]*$/u, 'expected a flake reference'),
);

/** What Nix pins: a URL, which ends up in Nix' arguments. */
const url = v.pipe(
  v.string('expected a string'),
  v.regex(/^[a-z][a-z0-9+.-]*:[^\s#\p{Cc}]+$/u, 'expected a flake reference'),
);

const lockedSchema = v.object(
  {
    locked: url,
    narHash: v.pipe(
      v.string('expected a string'),
      v.regex(/^sha256-[A-Za-z0-9+/]{43}=$/, 'expected `sha256-…`'),
    ),
    rev: v.exactOptional(
      v.pipe(v.string('expected a string'), v.regex(/^[0-9a-f]{40,64}$/, 'expected a revision')),
    ),
  },
  (issue) => (issue.received === 'undefined' ? 'missing' : `expected an object, got ${show(issue.input)}`),
);

/** Reads the text of `pets.lock`. Fields that this version does not know are left out. Never throws. */
export function parseLock(text: string, file: string): ParsedLock {
  const json = parseJson(text.replace(/^\uFEFF/, ''));
  if (!json.ok) return refuse(file, json.line, 'not valid JSON', json.hint);
  const top = json.value;
  if (!isTable(top)) return refuse(file, 1, `expected an object, got ${show(top)}`, RESTORE);
  const { version, refs } = top;
  if (typeof version === 'number' && version > 1) {
    const message = `version ${version} is newer than this pets, which reads version 1`;
    const place = { file, line: 1, column: 1 };
    return { ok: false, problems: [{ code: 'lock-newer', message, place, hint: 'update pets' }] };
  }
  if (version !== 1) return refuse(file, 1, 'expected `"version": 1`', RESTORE);
  if (!isTable(refs)) return refuse(file, 1, 'expected `"refs": {…}`', RESTORE);
  return parseRefs(refs, text, file);
}

function parseRefs(refs: Readonly<Record<string, unknown>>, text: string, file: string): ParsedLock {
  const problems: Problem[] = [];
  const entries: [string, Locked][] = [];
  for (const [key, value] of Object.entries(refs)) {
    const result = v.safeParse(lockedSchema, value);
    const flaw = v.is(keySchema, key) ? null : 'expected a flake reference';
    if (result.success && flaw === null) entries.push([key, result.output]);
    const issues = result.issues?.map((issue) => `${pathOf(key, issue)}: ${issue.message}`) ?? [];
    const messages = flaw === null ? issues : [`refs.${quote(key)}: ${flaw}`, ...issues];
    const place = { file, line: lineOf(text, JSON.stringify(key)), column: 1 };
    problems.push(
      ...messages.map((message) => ({ code: 'lock-damaged' as const, message, place, hint: RESTORE })),
    );
  }
  if (problems.length > 0) return { ok: false, problems };
  // fromEntries defines keys rather than assigning them: `__proto__` is a key like any other.
  return { ok: true, lock: { version: 1, refs: Object.fromEntries(entries) } };
}

/** Sorted and indented, so that two machines write the same bytes and git shows one entry's change. */
export function printLock(lock: Lock): string {
  const refs = Object.entries(lock.refs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([key, { locked, narHash, rev }]) =>
        [key, { locked, narHash, ...(rev === undefined ? {} : { rev }) }] as const,
    );
  return `${JSON.stringify({ refs: Object.fromEntries(refs), version: lock.version }, null, 2)}\n`;
}

type Json =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly line: number; readonly hint: string };

function parseJson(text: string): Json {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (thrown) {
    const conflict = text.search(/^(?:<<<<<<<|=======|>>>>>>>)/m);
    if (conflict >= 0)
      return {
        ok: false,
        line: lineAt(text, conflict),
        hint: 'resolve the merge conflict; either side will do',
      };
    const [, position] = /at position (\d+)/.exec(String(thrown)) ?? [];
    return { ok: false, line: lineAt(text, Number(position ?? 0)), hint: RESTORE };
  }
}

function refuse(file: string, line: number, message: string, hint: string): ParsedLock {
  return { ok: false, problems: [{ code: 'lock-damaged', message, place: { file, line, column: 1 }, hint }] };
}

function pathOf(key: string, issue: v.BaseIssue<unknown>): string {
  const field = issue.path?.map((item) => `.${String(item.key)}`).join('') ?? '';
  return `refs.${quote(key)}${field}`;
}

function lineOf(text: string, needle: string): number {
  return lineAt(text, Math.max(0, text.indexOf(needle)));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
