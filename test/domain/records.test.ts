import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Applied, Rejected } from '../../src/domain/actual.js';
import type { Facet, Facets } from '../../src/domain/facet.js';
import type { Health } from '../../src/domain/manifest.js';
import type { StorePath } from '../../src/domain/names.js';
import {
  parseApplied,
  parseCondemned,
  parseFoundGood,
  parseGeneration,
  printApplied,
  printCondemned,
  printGeneration,
  unreadableIn,
  type GenerationRecord,
} from '../../src/domain/records.js';

const facets = {
  meta: { 'flake-ref': './web' },
  exposure: { listen: null, 'publish.[::1]:7700-7709': 'tcp:127.0.0.1:8080' },
  system: { 'nixos.services."a b".enable': 'true' },
};
const SYSTEM = `/nix/store/${'0'.repeat(32)}-nixos-system-web`;
const record = { v: 1, generation: 3, toplevel: SYSTEM, facets };

/** Any text, halves of characters and controls included. */
const anyText = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 8 });
const fieldName = fc
  .tuple(
    fc.stringMatching(/^[a-z][a-z-]{0,5}$/),
    fc.option(anyText.map((name) => name.replace(/\p{Cc}/gu, ''))),
  )
  .map(([kind, name]) => (name === null ? kind : `${kind}.${name}`));
const facet: fc.Arbitrary<Facet> = fc.dictionary(fieldName, fc.option(anyText), { noNullPrototype: true });
const anyFacets: fc.Arbitrary<Facets> = fc.dictionary(
  fc.constantFrom('system', 'exposure', 'secrets', 'meta', 'a-newer-one'),
  facet,
  { noNullPrototype: true },
);
const toplevel = fc.constant(SYSTEM as StorePath);
const at = fc
  .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((time) => time.toISOString());
const strings = fc.dictionary(anyText, anyText, { noNullPrototype: true });
const count = fc.integer({ min: 1 });
const health = fc.record({
  check: fc.oneof(
    fc.record({
      ...{ kind: fc.constant('http' as const), path: anyText, status: fc.array(count) },
      port: fc.integer({ min: 1, max: 65_535 }),
    }),
    fc.record({ kind: fc.constant('unit' as const), unit: anyText }),
    fc.record({ kind: fc.constant('command' as const), command: fc.array(anyText, { minLength: 1 }) }),
    fc.constant({ kind: 'stable' as const }),
  ),
  ...{ timeoutMs: count, intervalMs: count, successes: count },
}) as fc.Arbitrary<Health>;

const applied: fc.Arbitrary<Applied> = fc.record({
  ...{ v: fc.constant(1 as const), generation: count, toplevel, facets: anyFacets },
});
const condemnedOnes: fc.Arbitrary<Rejected> = fc.record({
  ...{ at, facets: anyFacets, why: anyText, byHand: fc.boolean() },
});
const generation: fc.Arbitrary<GenerationRecord> = fc.record({
  ...{ at, toplevel, facets: anyFacets, secrets: fc.option(facet), health: fc.option(health) },
  ...{ healthy: fc.option(anyText), config: strings, profiles: fc.array(anyText) },
  devices: fc.dictionary(anyText, strings, { noNullPrototype: true }),
});

describe('what is written is read back, whatever it says', () => {
  test('of what was applied', () => {
    fc.assert(
      fc.property(applied, (one) => {
        expect(parseApplied(printApplied(one))).toEqual(one);
      }),
    );
  });

  test('of what is held', () => {
    fc.assert(
      fc.property(condemnedOnes, (one) => {
        expect(parseCondemned(printCondemned(one))).toEqual(one);
      }),
    );
  });

  test('of a generation', () => {
    fc.assert(
      fc.property(generation, (one) => {
        const text = printGeneration(one);
        expect(parseGeneration(text)).toEqual(one);
        expect(parseFoundGood(text)).toEqual({ at: one.at, healthy: one.healthy });
      }),
    );
  });
});

/** As releases before this one wrote them. */
const WRITTEN = {
  applied: `{"v":1,"generation":3,"toplevel":"${SYSTEM}","facets":{"system":{"source":"a"},"secrets":{"secret.db":"v1:1 0400 root"}}}`,
  condemned:
    '{"at":"2026-01-02T03:04:05.000Z","facets":{"meta":{"flake-ref":null}},"why":"it broke","byHand":false}',
  generation: `{"toplevel":"${SYSTEM}","facets":{"system":{"source":"a"}},"secrets":{},"health":{"check":{"kind":"stable","listens":[{"protocol":"tcp","port":8080}]},"timeoutMs":60000,"intervalMs":1000,"successes":2},"config":{"limits.memory":"1GiB"},"devices":{"web":{"type":"proxy"}},"profiles":["default"],"at":"2026-01-02T03:04:05.000Z","healthy":null}`,
};

test('what stands on instances is read, and written again byte for byte', () => {
  const [one, held, generationRecord] = [
    parseApplied(WRITTEN.applied),
    parseCondemned(WRITTEN.condemned),
    parseGeneration(WRITTEN.generation),
  ];
  if (!one || !held || !generationRecord) throw new Error('one of them is not read');
  expect(printApplied(one)).toBe(WRITTEN.applied);
  expect(printCondemned(held)).toBe(WRITTEN.condemned);
  expect(printGeneration(generationRecord)).toBe(WRITTEN.generation);
});

describe('what was applied', () => {
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
    JSON.stringify({ ...record, toplevel: '/nix/store/../../etc' }),
    JSON.stringify({ ...record, toplevel: `${SYSTEM}/../../../etc` }),
    JSON.stringify({ ...record, toplevel: '--option' }),
    JSON.stringify({ ...record, generation: 1e308 }),
    JSON.stringify({ ...record, generation: 1.5 }),
    JSON.stringify({ ...record, generation: -1 }),
  ])('%j is none', (text) => {
    expect(parseApplied(text)).toBeNull();
  });

  test('keeps nothing that pets does not write', () => {
    const odd = `{"v":1,"generation":1,"toplevel":"${SYSTEM}","facets":{"meta":{"toString":1,"__proto__":"x","a":{},"b":"c",".d":"e","volume.a\\nb":"f"}}}`;
    expect(parseApplied(odd)?.facets).toEqual({ meta: { a: null, b: 'c' } });
  });
});

test('what somebody has put in the place of a record is told, by its key', () => {
  const config = {
    'user.pets.applied': JSON.stringify({ ...record, generation: 1e308 }),
    'user.pets.condemned': '{"at":"x"}',
    'user.pets.generation.1': '{"v":1}',
    'user.pets.generation.x': '{}',
    'user.pets.failing': 'a.service',
  };
  expect(unreadableIn(config)).toEqual([
    'user.pets.applied',
    'user.pets.condemned',
    'user.pets.generation.1',
    'user.pets.generation.x',
  ]);
  const whole = { 'user.pets.applied': JSON.stringify(record), 'user.pets.condemned': '' };
  expect(unreadableIn(whole)).toEqual([]);
});

describe('what failed', () => {
  const condemned = { at: '2026-01-02T03:04:05Z', facets, why: 'it broke', byHand: true };

  test('is read back as it was written', () => {
    expect(parseCondemned(JSON.stringify(condemned))).toEqual(condemned);
    const { byHand, ...older } = condemned;
    expect(parseCondemned(JSON.stringify(older))).toEqual({ ...condemned, byHand: !byHand });
  });

  test.each([undefined, '', '{', 'null', '[]', '{"at":1}', JSON.stringify({ ...condemned, facets: [] })])(
    '%j is none',
    (text) => {
      expect(parseCondemned(text)).toBeNull();
    },
  );
});
