import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  emptyLock,
  moveAll,
  movePins,
  parseLock,
  pinOf,
  printLock,
  renamePins,
} from '../../src/manifest/lock.js';
import type { Lock } from '../../src/domain/manifest.js';
import { formatProblem } from '../../src/domain/problem.js';
import { golden } from './reading.js';

const HASH = `sha256-${'A'.repeat(43)}=`;
const REV = 'a'.repeat(40);

/** The lock, or what a person would see of its problems. */
function parsed(text: string): Lock | string {
  const result = parseLock(text, 'pets.lock');
  return result.ok ? result.lock : result.problems.map((problem) => formatProblem(problem)).join('\n');
}

test('is printed sorted, indented, with a final newline', () => {
  const lock: Lock = {
    version: 1,
    refs: {
      'github:b/b': { rev: REV, narHash: HASH, locked: `github:b/b/${REV}` },
      'github:a/a': { narHash: HASH, locked: 'github:a/a/1' },
    },
  };
  expect(printLock(lock)).toBe(`{
  "refs": {
    "github:a/a": {
      "locked": "github:a/a/1",
      "narHash": "${HASH}"
    },
    "github:b/b": {
      "locked": "github:b/b/${REV}",
      "narHash": "${HASH}",
      "rev": "${REV}"
    }
  },
  "version": 1
}
`);
  expect(parsed(printLock(emptyLock))).toEqual(emptyLock);
});

test('parse ∘ print is the identity, and print ∘ parse is stable', () => {
  const key = fc.oneof(
    fc.stringMatching(/^[A-Za-z][!-~]{0,20}$/),
    fc.constantFrom('constructor', 'toString'),
  );
  const locked = fc.record(
    {
      locked: fc.stringMatching(/^github:[!"$-~]{1,30}$/),
      narHash: fc.constant(HASH),
      rev: fc.constant(REV),
    },
    { requiredKeys: ['locked', 'narHash'], noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(key, locked)), (entries) => {
      const lock: Lock = { version: 1, refs: Object.fromEntries(entries) };
      const text = printLock(lock);
      const again = parsed(text);
      expect(again).toEqual(lock);
      expect(printLock(again as Lock)).toBe(text);
    }),
  );
});

/** Without hints: each is the same. */
function problemLines(text: string): string {
  const result = parseLock(text, 'pets.lock');
  return result.ok
    ? 'ok'
    : result.problems.map((problem) => formatProblem(problem).replace(/\n  hint: .*/, '')).join('\n');
}

describe('problems', () => {
  const RESTORE = '  hint: take it from git again, or delete it: `pets up` then pins everything anew';

  test.each([
    ['', 'pets.lock:1:1: not valid JSON'],
    ['{', 'pets.lock:1:1: not valid JSON'],
    ['null', 'pets.lock:1:1: expected an object, got null'],
    ['[]', 'pets.lock:1:1: expected an object, got an array'],
    ['{}', 'pets.lock:1:1: expected `"version": 1`'],
    ['{"version": "1"}', 'pets.lock:1:1: expected `"version": 1`'],
    ['{"version": 1}', 'pets.lock:1:1: expected `"refs": {…}`'],
    ['{"version": 1, "refs": []}', 'pets.lock:1:1: expected `"refs": {…}`'],
    ['{"version": 1, "refs": {"a:b": 7}}', 'pets.lock:1:1: refs."a:b": expected an object, got 7'],
    ...['--impure', '-f', 'x', './x', 'a:b#c', ':x', 'A:b', 'a:'].map((locked): [string, string] => [
      `{"version": 1, "refs": {"a:b": {"locked": "${locked}", "narHash": "${HASH}"}}}`,
      'pets.lock:1:1: refs."a:b".locked: expected a flake reference',
    ]),
    ...['--impure', '.', '__proto__', ''].map((key): [string, string] => [
      `{"version": 1, "refs": {"${key}": {"locked": "a:b", "narHash": "${HASH}"}}}`,
      `pets.lock:1:1: refs."${key}": expected a flake reference`,
    ]),
    ['{"version": 1, "refs": {"a:b": null}}', 'pets.lock:1:1: refs."a:b": expected an object, got null'],
  ])('%s', (text, message) => {
    expect(parsed(text)).toBe(`${message}\n${RESTORE}`);
  });

  test('a newer version asks for a newer pets', () => {
    expect(parsed('{"version": 2, "refs": {}}')).toBe(
      golden(`
pets.lock:1:1: version 2 is newer than this pets, which reads version 1
  hint: update pets
`),
    );
  });

  test('a merge conflict is recognised', () => {
    expect(parsed('{\n<<<<<<< HEAD\n  "version": 1\n=======\n')).toBe(
      golden(`
pets.lock:2:1: not valid JSON
  hint: resolve the merge conflict; either side will do
`),
    );
  });

  test('every bad entry is named, at its line', () => {
    const text = `{
  "version": 1,
  "refs": {
    "github:a/a": { "locked": "with space", "narHash": "md5-x" },
    "github:b/b": { "narHash": "${HASH}", "rev": "main" },
    "two words": { "locked": "github:x/y", "narHash": "${HASH}", "later": true }
  }
}`;
    expect(problemLines(text)).toBe(
      golden(`
pets.lock:4:1: refs."github:a/a".locked: expected a flake reference
pets.lock:4:1: refs."github:a/a".narHash: expected \`sha256-…\`
pets.lock:5:1: refs."github:b/b".locked: missing
pets.lock:5:1: refs."github:b/b".rev: expected a revision
pets.lock:6:1: refs."two words": expected a flake reference
`),
    );
  });

  test('any text is a lock or a problem', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const result = parseLock(text, 'pets.lock');
        return result.ok || result.problems.length > 0;
      }),
    );
  });
});

describe('an app that goes on alone', () => {
  const pin = (n: number) => ({ locked: `github:a/a/${n}`, narHash: HASH });
  const url = 'github:a/a';
  const users = ['blog', 'web', 'wiki'];
  const move = (lock: Lock, app: string, n: number) => movePins(lock, app, { [url]: pin(n) }, () => users);
  const seen = (lock: Lock) => users.map((app) => pinOf(lock, app, url)?.locked.at(-1));
  const first: Lock = { version: 1, refs: { [url]: pin(1) } };

  test('leaves the others where they are, until all have come to the same', () => {
    const one = move(first, 'web', 2);
    expect(seen(one)).toEqual(['1', '2', '1']);
    const two = move(one, 'blog', 2);
    expect(seen(two)).toEqual(['2', '2', '1']);
    expect(Object.keys(two.apps ?? {})).toEqual(['web', 'blog']);
    expect(move(two, 'wiki', 2)).toEqual({ version: 1, refs: { [url]: pin(2) } });
  });

  test('is alone no more once somebody moves all of them', () => {
    expect(moveAll(move(first, 'web', 2), url, pin(3))).toEqual({ version: 1, refs: { [url]: pin(3) } });
  });

  test('needs no entry of its own where nobody shares its flake', () => {
    expect(movePins(first, 'web', { [url]: pin(2) }, () => ['web'])).toEqual({
      version: 1,
      refs: { [url]: pin(2) },
    });
  });

  test('is written, and read the same again; what is wrong with it is told', () => {
    const lock = move(first, 'web', 2);
    expect(parsed(printLock(lock))).toEqual(lock);
    const damaged = printLock(lock).replace('"github:a/a/2"', '"--option"');
    expect(parsed(damaged)).toMatch(/apps\."web"\."github:a\/a"\.locked: expected a flake reference/);
    expect(parsed('{"version": 1, "refs": {}, "apps": []}')).toContain('expected `"apps": {…}`');
    expect(parsed('{"version": 1, "refs": {}, "apps": {"web": 1}}')).toContain(
      'apps."web": expected an object',
    );
  });

  test('has its pins under its new name too, unless another app has the old one', () => {
    const lock = move(first, 'web', 2);
    const site = { name: 'site', was: 'web' };
    const renamed = renamePins(lock, [site]);
    expect(pinOf(renamed, 'site', url)).toEqual(pin(2));
    expect(pinOf(renamed, 'web', url)).toEqual(pin(1));
    expect(renamePins(lock, [site, { name: 'web', was: null }])).toBe(lock);
    expect(renamePins(first, [site])).toBe(first);
  });

  test('whatever moves when, each app has what it went to last', () => {
    const step = fc.tuple(fc.constantFrom(...users), fc.integer({ min: 1, max: 3 }));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const wanted = new Map(users.map((app) => [app, '1']));
        const lock = steps.reduce((before, [app, n]) => {
          wanted.set(app, String(n));
          return move(before, app, n);
        }, first);
        expect(seen(lock)).toEqual(users.map((app) => wanted.get(app)));
        expect(parsed(printLock(lock))).toEqual(lock);
      }),
    );
  });
});
