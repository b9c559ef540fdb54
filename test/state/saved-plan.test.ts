import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SavedPlan } from '../../src/domain/saved-plan.js';
import { basisOf } from '../../src/planner/basis.js';
import { changedApps } from '../../src/planner/part.js';
import { digestOf, parseSavedPlan, printSavedPlan } from '../../src/state/saved-plan.js';
import { actualOf, desired, planned, type World } from '../planner/worlds.js';
import { ROOT } from '../support/places.js';

const WORLD: World = {
  want: ['constructor 81 source=b volumes=data:/x secrets=db:2', 'b 82'],
  have: ['constructor 80 volumes=data:/x secrets=db:1 kept=1', 'b 82'],
};

function savedFor(world: World): SavedPlan {
  const plan = planned(world);
  const made = { desired: desired(world.want), actual: actualOf(world) };
  const choice = { apps: null, prune: false, recreate: false, retry: false, strict: false };
  const basis = basisOf(changedApps(plan), made, digestOf);
  return { pets: '1.2.3', project: plan.project, manifest: 'pets.toml', choice, basis, plan };
}

const SAVED = savedFor(WORLD);
const TEXT = printSavedPlan(SAVED);
const content = JSON.parse(TEXT) as Record<string, unknown>;

/** As somebody writes it who knows how a file is sealed. */
function sealed(over: object): string {
  const { digest, ...rest } = { ...content, ...over } as Record<string, unknown>;
  expect(digest).toBe(content['digest']);
  const inOrder = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inOrder);
    if (typeof value !== 'object' || value === null) return value;
    const table = value as Record<string, unknown>;
    return Object.fromEntries(
      Object.keys(table)
        .sort()
        .map((key) => [key, inOrder(table[key])]),
    );
  };
  return JSON.stringify({
    ...rest,
    digest: digestOf(JSON.stringify(inOrder(JSON.parse(JSON.stringify(rest))))),
  });
}

describe('a plan as a file', () => {
  test('comes back as it was, an app of any name with it', () => {
    expect(parseSavedPlan(TEXT)).toEqual({ ok: true, saved: SAVED });
    expect(Object.keys(SAVED.basis)).toEqual(['constructor']);
  });

  test('may be laid out anew', () => {
    expect(parseSavedPlan(JSON.stringify(content))).toMatchObject({ ok: true });
    expect(parseSavedPlan(sealed({}))).toMatchObject({ ok: true });
  });

  test('is what its schema says', () => {
    const schema = (name: string) => JSON.parse(readFileSync(join(ROOT, 'docs', name), 'utf8')) as object;
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
    const validate = ajv.addSchema(schema('plan.schema.json')).compile(schema('saved-plan.schema.json'));
    validate(content);
    expect(validate.errors).toBeNull();
    expect(validate({ ...content, more: 1 })).toBe(false);
    expect(validate({ ...content, basis: { a: { manifest: { x: 1 }, machine: {} } } })).toBe(false);
  });

  test('has a digest for what is long, and no value of a secret but its fingerprint', () => {
    expect(SAVED.basis['constructor']?.machine['generation.1']).toMatch(/^digest:[0-9a-f]{32}$/);
    expect(SAVED.basis['constructor']?.manifest['secrets.secret.db']).toBe('v1:2 0400 root');
  });
});

describe('what is no plan of pets', () => {
  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a number', '1'],
    ['a list', '[]'],
    ['other JSON', '{"apps":[]}'],
    ['a plan of `diff --json`', JSON.stringify(content['plan'])],
    ['deep nesting', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
    [
      'deep nesting in it',
      TEXT.replace('"plan": {', `"more": ${'['.repeat(50_000)}${']'.repeat(50_000)}, "plan": {`),
    ],
    ['a version below the first', sealed({ version: 0 })],
    ['a basis that is none', sealed({ basis: { a: { manifest: {}, machine: { x: 1 } } } })],
    ['a basis with more in it', sealed({ basis: { a: { manifest: {}, machine: {}, more: {} } } })],
    ['no choice', sealed({ choice: undefined })],
    ['no plan', sealed({ plan: {} })],
    ['a plan of another project', sealed({ project: 'other' })],
    [
      'an operation that there is not',
      sealed({ plan: { ...SAVED.plan, operations: [{ id: 'a/x', app: 'a', action: { kind: 'explode' } }] } }),
    ],
  ])('%s', (_, text) => {
    expect(parseSavedPlan(text)).toEqual({ ok: false, isNewer: false, why: 'is no plan of pets' });
  });

  test.each([
    ['another port', TEXT.replace('"first":81', '"first":82').replace('"first": 81', '"first": 82')],
    ['an operation less', JSON.stringify({ ...content, plan: { ...SAVED.plan, operations: [] } })],
    ['an app that is unchanged', TEXT.replace('"rebuild"', '"unchanged"')],
    ['a field more', JSON.stringify({ ...content, more: 1 })],
    ['no digest', JSON.stringify({ ...content, digest: undefined })],
    ['another digest', JSON.stringify({ ...content, digest: digestOf('x') })],
  ])('edited: %s', (_, text) => {
    expect(text).not.toBe(TEXT);
    expect(parseSavedPlan(text)).toMatchObject({ ok: false, why: 'was changed since it was saved' });
  });

  test('one of a later pets is told by its version, whatever else it has', () => {
    const why = 'has version 2, and this pets reads 1';
    expect(parseSavedPlan('{"format":"pets-plan","version":2}')).toEqual({ ok: false, isNewer: true, why });
  });
});
