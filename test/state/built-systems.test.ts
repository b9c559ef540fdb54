import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lutimesSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppName, StorePath } from '../../src/domain/names.js';
import { BuiltSystems } from '../../src/state/built-systems.js';

const WEB = 'web' as AppName;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-built-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const lasting = (toplevel: StorePath) => ({ toplevel, isLasting: true });
const built = () => new BuiltSystems(join(folder, 'built'));
function inStore(name: string): StorePath {
  const path = join(folder, 'store', name);
  mkdirSync(path, { recursive: true });
  return path as StorePath;
}

test('a system is known by all fields of its facet, in any order, and as its own app', () => {
  const toplevel = inStore('a');
  built().remember(WEB, { source: 'x', nixpkgs: 'y' }, lasting(toplevel));
  expect(built().find(WEB, { nixpkgs: 'y', source: 'x' })).toBe(toplevel);
  expect(built().find(WEB, { source: 'x' })).toBeNull();
  expect(built().find(WEB, { source: 'x', nixpkgs: 'z' })).toBeNull();
  expect(built().find('api' as AppName, { source: 'x', nixpkgs: 'y' })).toBeNull();
});

test('one that is not in the store is not known', () => {
  const toplevel = inStore('a');
  built().remember(WEB, { source: 'x' }, lasting(toplevel));
  rmSync(toplevel, { recursive: true });
  expect(built().find(WEB, { source: 'x' })).toBeNull();
});

test('the last one counts', () => {
  built().remember(WEB, { source: 'x' }, lasting(inStore('a')));
  built().remember(WEB, { source: 'x' }, lasting(inStore('b')));
  expect(built().find(WEB, { source: 'x' })).toBe(inStore('b'));
});

test('the newest five of each app are kept', () => {
  const other = 'web-2' as AppName;
  built().remember(other, { source: '0' }, lasting(inStore('other')));
  for (let n = 1; n <= 7; n++) {
    built().remember(WEB, { source: String(n) }, lasting(inStore('a')));
    // Each a minute after the one before.
    for (const name of readdirSync(join(folder, 'built'))) {
      const isKnown = marked.has(name);
      marked.add(name);
      if (!isKnown) lutimesSync(join(folder, 'built', name), n * 60, n * 60);
    }
  }
  const known = [1, 2, 3, 4, 5, 6, 7].filter((n) => built().find(WEB, { source: String(n) }));
  expect(known).toEqual([3, 4, 5, 6, 7]);
  expect(built().find(other, { source: '0' })).not.toBeNull();
  expect(readdirSync(join(folder, 'built')).filter((name) => name.startsWith('.'))).toEqual([]);
});
const marked = new Set<string>();

test('a folder that cannot be written or read stops nobody', () => {
  writeFileSync(join(folder, 'built'), 'a file');
  built().remember(WEB, { source: 'x' }, lasting(inStore('a')));
  expect(built().find(WEB, { source: 'x' })).toBeNull();
});

test('one that may be another next time is found, but not as one that an evaluation would come to again', () => {
  const [first, second] = [inStore('a'), inStore('b')];
  built().remember(WEB, { source: 'x' }, { toplevel: first, isLasting: false });
  expect(built().find(WEB, { source: 'x' })).toBe(first);
  expect(built().findLasting(WEB, { source: 'x' })).toBeNull();
  built().remember(WEB, { source: 'x' }, lasting(second));
  expect(built().findLasting(WEB, { source: 'x' })).toBe(second);
  built().remember(WEB, { source: 'x' }, { toplevel: first, isLasting: false });
  expect(built().find(WEB, { source: 'x' })).toBe(first);
  expect(built().findLasting(WEB, { source: 'x' })).toBeNull();
});
