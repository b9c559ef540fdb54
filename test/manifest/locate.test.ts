import { describe, expect, test } from '@jest/globals';
import { parseToml } from '../../src/manifest/parse.js';
import type { KeyPath } from '../../src/domain/problem.js';

const TEXT = `project = "x"

[apps.web]
flake-ref = "."
limits = { cpu = 2, memory = { max = "1G" } }
nixos.services."my.app".port = 80
binds = [
  "a",
  { from = "b" },
]

[[apps.web.publish]]
port = 1
[[apps.web.publish]]
port = 2
[apps.'d b']
text = """
long"""
[apps.web.publish.more]
x = 1
`;

const parsed = parseToml(TEXT, 'pets.toml');
if (!parsed.ok) throw new Error('it parses');
const { locate } = parsed;

function underlined(path: KeyPath, at?: 'key' | 'value'): string {
  const { place, excerpt } = locate(path, at);
  if (!place) return 'nowhere';
  const { text, width } = excerpt ?? { text: '', width: 0 };
  return `${place.line}:${place.column} ${text.slice(place.column - 1, place.column - 1 + width)}`;
}

describe('locate', () => {
  test.each<[KeyPath, string, string]>([
    [['project'], '1:11 "x"', '1:1 project'],
    [['apps', 'web'], '3:7 web', '3:7 web'],
    [['apps'], '3:2 apps', '3:2 apps'],
    [['apps', 'web', 'flake-ref'], '4:13 "."', '4:1 flake-ref'],
    [['apps', 'web', 'limits', 'memory', 'max'], '5:38 "1G"', '5:32 max'],
    [['apps', 'web', 'limits'], '5:10 { cpu = 2, memory = { max = "1G" } }', '5:1 limits'],
    [['apps', 'web', 'nixos', 'services', 'my.app', 'port'], '6:32 80', '6:25 port'],
    [['apps', 'web', 'nixos', 'services', 'my.app'], '6:16 "my.app"', '6:16 "my.app"'],
    [['apps', 'web', 'binds'], '7:9 [', '7:1 binds'],
    [['apps', 'web', 'binds', 0], '8:3 "a"', '8:3 "a"'],
    [['apps', 'web', 'binds', 1, 'from'], '9:12 "b"', '9:5 from'],
    [['apps', 'web', 'publish', 1, 'port'], '15:8 2', '15:1 port'],
    [['apps', 'web', 'publish', 1, 'more', 'x'], '20:5 1', '20:1 x'],
    [['apps', 'd b', 'text'], '17:8 """', '17:1 text'],
  ])('%j', (path, value, key) => {
    expect(underlined(path)).toBe(value);
    expect(underlined(path, 'key')).toBe(key);
  });

  test('a missing key is at the nearest parent, else at the beginning', () => {
    expect(underlined(['apps', 'web', 'port'])).toBe('3:7 web');
    expect(underlined(['apps', 'web', 'limits', 'cpus', 'x'])).toBe('5:1 limits');
    expect(underlined(['apps', 'nope', 'port'])).toBe('3:2 apps');
    expect(locate(['defaults'])).toEqual({ place: { file: 'pets.toml', line: 1, column: 1 } });
    expect(locate([])).toEqual({ place: { file: 'pets.toml', line: 1, column: 1 } });
    expect(locate(['constructor'])).toEqual({ place: { file: 'pets.toml', line: 1, column: 1 } });
  });
});
