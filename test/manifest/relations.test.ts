import { describe, expect, test } from '@jest/globals';
import { after, inCycle } from './many.js';
import { manifestOf, problemsIn } from './reading.js';

function heads(text: string): string[] {
  return problemsIn(text)
    .split('\n')
    .filter((line) => /^pets\.toml:|^ok$/.test(line))
    .map((line) => line.replace(/^pets\.toml:\d+:\d+: /, ''));
}

describe('after', () => {
  test('is sorted, each name once', () => {
    expect(manifestOf(after('a: c b c', 'b:', 'c: b')).apps[0]?.after).toEqual(['b', 'c']);
  });

  test.each<[string[], string[]]>([
    [['a: b', 'b:'], ['ok']],
    [['a: a'], ['apps.a.after[0]: an app cannot come after itself']],
    [['web: dbb', 'db:'], ['apps.web.after[0]: there is no app `dbb`']],
    [['a: b', 'b: a'], ['apps.a.after: the apps wait for one another: a → b → a']],
    [
      ['z: a', 'a: b', 'b: c', 'c: a', 'd: e', 'e: d'],
      [
        'apps.a.after: the apps wait for one another: a → b → c → a',
        'apps.d.after: the apps wait for one another: d → e → d',
      ],
    ],
    [
      ['a: a b', 'b: a'],
      [
        'apps.a.after: the apps wait for one another: a → b → a',
        'apps.a.after[0]: an app cannot come after itself',
      ],
    ],
    [['a: b', 'b: b c', 'c:'], ['apps.b.after[0]: an app cannot come after itself']],
    [['a: y b', 'b: a', 'x:', 'y: x'], ['apps.a.after: the apps wait for one another: a → b → a']],
    [['constructor: toString', 'toString:'], ['ok']],
    [['a: toString'], ['apps.a.after[0]: there is no app `toString`']],
  ])('%j', (apps, expected) => {
    expect(heads(after(...apps))).toEqual(expected);
  });

  test('a name that is near is suggested, at its place', () => {
    expect(problemsIn(after('web: x dbb', 'db:'))).toContain(
      'pets.toml:4:15: apps.web.after[1]: there is no app `dbb`\n  4 | after = ["x", "dbb"]\n    |               ^^^^^\n  hint: did you mean `db`?',
    );
  });

  test('a cycle through a thousand apps is found, and shown in short', () => {
    const [message = '', ...others] = heads(inCycle(1000));
    expect(message).toMatch(/^apps\.a0\.after: the apps wait for one another: a0 → a1 → .* → … → a0$/);
    expect(message.length).toBeLessThan(400);
    expect(others).toEqual([]);
  });
});

describe('names', () => {
  const was = (...apps: string[]) =>
    `project = "x"\n${apps.map((one) => `[apps.${one.split(':')[0] ?? ''}]\nflake-ref = "."\n${one.includes(':') ? `was = "${one.split(':')[1] ?? ''}"\n` : ''}`).join('')}`;

  test.each<[string[], string[]]>([
    [['web:old'], ['ok']],
    [['web:web'], ['apps.web.was: this is the name that the app has']],
    [['web:db', 'db'], ['apps.web.was: `db` is another app of this manifest']],
    [['a:old', 'b:old'], ['apps.b.was: `a` was `old` already']],
    [['web', 'Web'], ['apps.Web: `Web` and `web` are one host name: case does not count there']],
    [['web:-x'], ['apps.web.was: expected a name of 1 to 63 letters, digits and hyphens, got "-x"']],
  ])('%j', (apps, expected) => {
    expect(heads(was(...apps))).toEqual(expected);
  });
});
