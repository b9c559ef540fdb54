import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { filesBelow } from './files.js';
import { ROOT } from './support/places.js';

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

test('all that is run is TypeScript, so that it is part of types and lint', () => {
  const files = ['src', 'scripts', 'test'].flatMap((folder) =>
    filesBelow(join(ROOT, folder)).map((name) => join(folder, name)),
  );
  const found = files.filter((name) => /\.[cm]?jsx?$/.test(name) && !name.startsWith('test/bench/.cache'));
  expect(found).toEqual([]);
});

test('each script of package.json names files that there are', () => {
  const named = Object.values(scripts).flatMap((script) => script.match(/[\w/-]+\.(?:ts|sh)\b/g) ?? []);
  expect(named).toContain('test/bench/test.ts');
  expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
