import { expect, test } from '@jest/globals';
import { parameterOf, pathOf, pathUrl } from '../../src/nix/url.js';

test.each([
  ['git+file:///a?dir=b', 'b'],
  ['git+file:///a?ref=x&dir=b/c', 'b/c'],
  ['git+file:///a?dir=b+c', 'b+c'],
  ['git+file:///a?dir=b%2Bc%20d', 'b+c d'],
  ['git+file:///a?dir=%zz', '%zz'],
  ['git+file:///a?dir=', ''],
  ['git+file:///a?subdir=b', null],
  ['git+file:///dir=b', null],
])('the dir of %s', (url, expected) => {
  expect(parameterOf(url, 'dir')).toBe(expected);
});

test('a folder as a URL, and back', () => {
  for (const folder of ['/a/b', '/a b/ü?#%']) expect(pathOf(pathUrl(folder))).toBe(folder);
  expect(pathOf('path:/a?narHash=x')).toBe('/a');
});
