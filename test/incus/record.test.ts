import { expect, test } from '@jest/globals';
import { parseApplied } from '../../src/incus/record.js';

const facets = {
  meta: { 'flake-ref': './web' },
  exposure: { listen: null, 'publish.[::1]:7700-7709': 'tcp:127.0.0.1:8080' },
  system: { 'nixos.services."a b".enable': 'true' },
};
const record = { v: 1, generation: 3, toplevel: '/nix/store/x', facets };

test('is read back as it was written', () => {
  expect(parseApplied(JSON.stringify(record))).toEqual(record);
});

test.each([
  undefined,
  '',
  '{',
  'null',
  '[]',
  '{"v":2}',
  '{"v":1,"toplevel":1}',
  JSON.stringify({ ...record, facets: [] }),
])('%j is none', (text) => {
  expect(parseApplied(text)).toBeNull();
});

test('keeps nothing that pets does not write', () => {
  const odd =
    '{"v":1,"generation":1,"toplevel":"t","facets":{"meta":{"toString":1,"__proto__":"x","a":{},"b":"c",".d":"e","volume.a\\nb":"f"}}}';
  expect(parseApplied(odd)?.facets).toEqual({ meta: { a: null, b: 'c' } });
});
