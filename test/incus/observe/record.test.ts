import { describe, expect, test } from '@jest/globals';
import { generationsOf } from '../../../src/incus/observe/record.js';

const facets = {
  meta: { 'flake-ref': './web' },
  exposure: { listen: null, 'publish.[::1]:7700-7709': 'tcp:127.0.0.1:8080' },
  system: { 'nixos.services."a b".enable': 'true' },
};
const SYSTEM = `/nix/store/${'0'.repeat(32)}-nixos-system-web`;

describe('generations', () => {
  const generation = {
    ...{ at: '2026-01-02T03:04:05Z', toplevel: SYSTEM, facets, healthy: 'it answered' },
    health: { check: { kind: 'stable' }, timeoutMs: 1, intervalMs: 1, successes: 1 },
    ...{ config: { 'limits.memory': '1GiB' }, profiles: ['default', 'gpu'] },
    devices: {
      web: { type: 'proxy', listen: 'tcp:127.0.0.1:80', connect: 'tcp:127.0.0.1:8080' },
      'volume-data': { type: 'disk', pool: 'default', source: 'p.web.data-2', path: '/x' },
      'bind-1': { type: 'disk', source: '/srv/x', path: '/y', readonly: 'true' },
      card: { type: 'gpu' },
    },
  };
  const text = JSON.stringify(generation);
  const volumes = [{ pool: 'default', name: 'p.web.data-2', app: 'web', volume: 'rows', size: null }].map(
    (volume) => ({ ...volume, copies: false, usedBy: [] }),
  );

  test('are read back as they were written, the newest first', () => {
    const config = {
      'user.pets.generation.2': text,
      'user.pets.generation.10': text,
      'user.pets.app': 'web',
    };
    const [newest, oldest, ...others] = generationsOf(config, volumes);
    expect(others).toEqual([]);
    expect(newest).toMatchObject({ ...generation, generation: 10 });
    expect(oldest?.generation).toBe(2);
    expect(newest?.exposures).toMatchObject([
      { device: 'web', role: 'web', binding: { first: 80, last: 80 } },
    ]);
    expect(newest?.attachments).toEqual([
      { kind: 'volume', device: 'volume-data', volume: 'rows', path: '/x' },
      { kind: 'bind', device: 'bind-1', source: '/srv/x', path: '/y', readOnly: true },
    ]);
  });

  test.each([
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{"at":"x"}',
    text.replace(SYSTEM, '1'),
    text.replace(SYSTEM, '/nix/store/../../etc'),
    text.replace('2026-01-02T03:04:05Z', 'yesterday'),
    text.replace('"stable"', '"hope"'),
    text.replace('"timeoutMs":1', '"timeoutMs":1e308'),
    text.replace('"at"', '"to"'),
  ])('%j is none', (odd) => {
    expect(generationsOf({ 'user.pets.generation.1': odd }, [])).toEqual([]);
  });

  test.each([
    'user.pets.generation.',
    'user.pets.generation.x',
    'user.pets.generation.1.2',
    'user.generation.1',
    'user.pets.generation.0',
    'user.pets.generation.99999999999999999999',
  ])('the key %s is none of theirs', (key) => {
    expect(generationsOf({ [key]: text }, [])).toEqual([]);
  });

  test('have nothing that pets does not write', () => {
    const odd = {
      ...{ ...generation, health: null, healthy: 1, config: { a: 1, b: 'c' }, profiles: [1, 'gpu'] },
      devices: { x: 1, y: { type: 'none', size: 2 } },
    };
    expect(generationsOf({ 'user.pets.generation.1': JSON.stringify(odd) }, [])).toMatchObject([
      {
        health: null,
        healthy: null,
        config: { b: 'c' },
        profiles: ['gpu'],
        devices: { x: {}, y: { type: 'none' } },
      },
    ]);
  });
});
