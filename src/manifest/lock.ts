import * as v from 'valibot';
import type { Lock, Locked } from '../domain/manifest.js';
import { PIN, type Pins } from '../domain/update.js';
import type { Problem } from '../domain/problem.js';
import { quote } from '../lib/format.js';
import { ownValue } from './keys/host.js';
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

const url = v.pipe(v.string('expected a string'), v.regex(PIN.locked, 'expected a flake reference'));

const lockedSchema = v.object(
  {
    locked: url,
    narHash: v.pipe(v.string('expected a string'), v.regex(PIN.narHash, 'expected `sha256-…`')),
    rev: v.exactOptional(v.pipe(v.string('expected a string'), v.regex(PIN.rev, 'expected a revision'))),
  },
  (issue) => (issue.received === 'undefined' ? 'missing' : `expected an object, got ${show(issue.input)}`),
);

/** Reads the text of `pets.lock`. Fields that this version does not know are left out. Never throws. */
export function parseLock(text: string, file: string): ParsedLock {
  const json = parseJson(text.replace(/^\uFEFF/, ''));
  if (!json.ok) return refuse(file, json.line, 'not valid JSON', json.hint);
  const top = json.value;
  if (!isTable(top)) return refuse(file, 1, `expected an object, got ${show(top)}`, RESTORE);
  const { version, refs, apps = {} } = top;
  if (typeof version === 'number' && version > 1) {
    const message = `version ${version} is newer than this pets, which reads version 1`;
    const place = { file, line: 1, column: 1 };
    return { ok: false, problems: [{ code: 'lock-newer', message, place, hint: 'update pets' }] };
  }
  if (version !== 1) return refuse(file, 1, 'expected `"version": 1`', RESTORE);
  if (!isTable(refs)) return refuse(file, 1, 'expected `"refs": {…}`', RESTORE);
  if (!isTable(apps)) return refuse(file, 1, 'expected `"apps": {…}`', RESTORE);
  const shared = parseRefs(refs, 'refs', text, file);
  const own = Object.entries(apps).map(
    ([app, pins]) => [app, parseRefs(pins, `apps.${quote(app)}`, text, file)] as const,
  );
  const problems = [shared, ...own.map(([, one]) => one)].flatMap((one) => one.problems);
  if (problems.length > 0) return { ok: false, problems };
  const lock = { version: 1 as const, refs: shared.pins };
  return {
    ok: true,
    lock:
      own.length === 0
        ? lock
        : { ...lock, apps: Object.fromEntries(own.map(([app, { pins }]) => [app, pins])) },
  };
}

type ParsedRefs = { readonly pins: Pins; readonly problems: readonly Problem[] };

/** `where`: the table in the lock. */
function parseRefs(refs: unknown, where: string, text: string, file: string): ParsedRefs {
  const problems: Problem[] = [];
  const entries: [string, Locked][] = [];
  if (!isTable(refs)) {
    const place = { file, line: 1, column: 1 };
    return {
      pins: {},
      problems: [{ code: 'lock-damaged', message: `${where}: expected an object`, place, hint: RESTORE }],
    };
  }
  for (const [key, value] of Object.entries(refs)) {
    const result = v.safeParse(lockedSchema, value);
    const flaw = v.is(keySchema, key) ? null : 'expected a flake reference';
    if (result.success && flaw === null) entries.push([key, result.output]);
    const issues = result.issues?.map((issue) => `${pathOf(where, key, issue)}: ${issue.message}`) ?? [];
    const messages = flaw === null ? issues : [`${where}.${quote(key)}: ${flaw}`, ...issues];
    const place = { file, line: lineOf(text, JSON.stringify(key)), column: 1 };
    problems.push(
      ...messages.map((message) => ({ code: 'lock-damaged' as const, message, place, hint: RESTORE })),
    );
  }
  // fromEntries defines keys rather than assigning them: `__proto__` is a key like any other.
  return { pins: Object.fromEntries(entries), problems };
}

/** Sorted and indented, so that two machines write the same bytes and git shows one entry's change. */
export function printLock(lock: Lock): string {
  const { apps = {}, refs, version } = lock;
  const own = sorted(apps).flatMap(([app, pins]) =>
    Object.keys(pins).length === 0 ? [] : [[app, printPins(pins)] as const],
  );
  const content = {
    ...(own.length > 0 && { apps: Object.fromEntries(own) }),
    refs: printPins(refs),
    version,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function printPins(pins: Pins): Pins {
  return Object.fromEntries(
    sorted(pins).map(([key, { locked, narHash, rev }]) => [
      key,
      { locked, narHash, ...(rev !== undefined && { rev }) },
    ]),
  );
}

function sorted<T>(table: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What a URL stands for in an app; null: nothing is pinned yet. */
export function pinOf({ refs, apps = {} }: Lock, app: string, url: string): Locked | null {
  return ownValue(ownValue(apps, app) ?? {}, url) ?? ownValue(refs, url) ?? null;
}

/**
 * The lock once an app has gone on to `pins`. `usersOf`: the apps that a URL is for. The others stay where they are, until
 * all of them have come to the same.
 */
export function movePins(
  lock: Lock,
  app: string,
  pins: Pins,
  usersOf: (url: string) => readonly string[],
): Lock {
  return Object.entries(pins).reduce(
    (before, [url, pin]) => movePin(before, { app, url, pin, users: usersOf(url) }),
    lock,
  );
}

type Moved = {
  readonly app: string;
  readonly url: string;
  readonly pin: Locked;
  readonly users: readonly string[];
};

function movePin(lock: Lock, { app, url, pin, users }: Moved): Lock {
  const others = users.filter((user) => user !== app).map((user) => pinOf(lock, user, url));
  if (others.every((other) => other?.locked === pin.locked)) return moveAll(lock, url, pin);
  const { apps = {} } = lock;
  return { ...lock, apps: { ...apps, [app]: { ...ownValue(apps, app), [url]: pin } } };
}

/** What an app had under its former name is its own now. `apps`: those of the manifest. */
export function renamePins(
  lock: Lock,
  apps: readonly { readonly name: string; readonly was: string | null }[],
): Lock {
  const { apps: own = {} } = lock;
  const names = new Set(apps.map(({ name }) => name));
  const former = new Map(
    apps.flatMap(({ name, was }) => (was === null || names.has(was) ? [] : [[was, name]])),
  );
  if (!Object.keys(own).some((app) => former.has(app))) return lock;
  const renamed = Object.entries(own).map(([app, pins]) => [former.get(app) ?? app, pins] as const);
  const kept = Object.entries(own).filter(([app]) => !former.has(app));
  return { ...lock, apps: Object.fromEntries([...renamed, ...kept]) };
}

/** The lock with one pin of a URL for whoever it is for. */
export function moveAll({ refs, apps = {}, version }: Lock, url: string, pin: Locked): Lock {
  const own = Object.entries(apps).map(([app, pins]) => [app, without(pins, url)] as const);
  const left = own.filter(([, pins]) => Object.keys(pins).length > 0);
  return {
    version,
    refs: { ...refs, [url]: pin },
    ...(left.length > 0 && { apps: Object.fromEntries(left) }),
  };
}

function without(pins: Pins, url: string): Pins {
  return Object.fromEntries(Object.entries(pins).filter(([key]) => key !== url));
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

function pathOf(where: string, key: string, issue: v.BaseIssue<unknown>): string {
  const field = issue.path?.map((item) => `.${String(item.key)}`).join('') ?? '';
  return `${where}.${quote(key)}${field}`;
}

function lineOf(text: string, needle: string): number {
  return lineAt(text, Math.max(0, text.indexOf(needle)));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
