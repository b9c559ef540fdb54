import { describe, expect, test } from '@jest/globals';
import { selectApps } from '../../src/manifest/select.js';
import type { AppName } from '../../src/domain/names.js';

const app = (name: string, ...tags: string[]) => ({ name: name as AppName, tags });
const APPS = [app('web', 'public'), app('blog-a', 'public', 'text'), app('blog-b', 'text'), app('db')];

function select(...selectors: string[]): string {
  const selection = selectApps(selectors, APPS);
  if (selection.ok) return [...selection.apps].join(' ');
  return selection.problems.map(({ message, hint }) => `${message}; ${hint ?? ''}`).join('\n');
}

describe('selectors', () => {
  test.each([
    [['web'], 'web'],
    [['db', 'web', 'db'], 'db web'],
    [['blog-*'], 'blog-a blog-b'],
    [['blog-?'], 'blog-a blog-b'],
    [['*'], 'web blog-a blog-b db'],
    [['@public'], 'web blog-a'],
    [['@text', 'web'], 'blog-a blog-b web'],
  ])('%j', (selectors, names) => {
    expect(select(...selectors)).toBe(names);
  });

  test.each([
    [['wbe'], 'the manifest has no app "wbe"; did you mean `web`?'],
    [['nothing-like-it'], 'the manifest has no app "nothing-like-it"; there are web, blog-a, blog-b, db'],
    [['x*'], 'the manifest has no app "x*"; there are web, blog-a, blog-b, db'],
    [['@publik'], 'no app has the tag "publik"; did you mean `@public`?'],
    [['.*', 'web'], 'the manifest has no app ".*"; there are web, blog-a, blog-b, db'],
    [['we['], 'the manifest has no app "we["; did you mean `web`?'],
    [['[!w]*'], 'the manifest has no app "[!w]*"; there are web, blog-a, blog-b, db'],
    [['db,@web é'], 'the manifest has no app "db,@web é"; there are web, blog-a, blog-b, db'],
  ])('%j fits nothing', (selectors, words) => {
    expect(select(...selectors)).toBe(words);
  });
});
