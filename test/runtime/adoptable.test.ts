import { describe, expect, test } from '@jest/globals';
import { adoptable, tableFor, type AdoptOptions } from '../../src/runtime/adoptable.js';
import type { InstanceJson } from '../../src/domain/services.js';
import { ProblemError } from '../../src/domain/problem.js';

const options = { write: true, force: false } as AdoptOptions;
const incusPet = {
  'user.incus-pet.flake-ref': 'github:o/r',
  'user.incus-pet.host-port': '8080',
  'user.incus-pet.listen': '0.0.0.0',
};
const deployed = { 'user.pets.project': '_deployed', 'user.pets.app': 'web', ...incusPet };

function instance(config: Record<string, string>, more: Partial<InstanceJson> = {}): InstanceJson {
  const devices = more.devices ?? {};
  const plain = {
    name: 'web',
    project: 'default',
    status: 'Running' as const,
    type: 'container',
    profiles: [],
  };
  return { ...plain, config, expanded_config: config, devices, expanded_devices: devices, ...more };
}

function said(one: InstanceJson, more: Partial<AdoptOptions> = {}): string {
  try {
    adoptable('web', [one], 'home', { ...options, ...more });
    return 'taken';
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.message;
  }
}

describe('what can be adopted', () => {
  test.each([
    ['deployed', deployed, 'taken'],
    ['of incus-pet', incusPet, 'taken'],
    ['unmarked', {}, 'bears no mark'],
    [
      'of another project',
      { ...deployed, 'user.pets.project': 'other' },
      'belongs to the pets project `other`',
    ],
    ['a copy of a pet', { ...deployed, 'user.pets.app': 'blog' }, 'is a copy of the pet `blog`'],
    ['half adopted, here', { ...deployed, 'user.pets.adopting': 'home' }, 'taken'],
    [
      'half adopted, elsewhere',
      { ...deployed, 'user.pets.adopting': 'other' },
      'about to be adopted by `other`',
    ],
    ['unmarked, and half adopted here', { 'user.pets.adopting': 'home' }, 'taken'],
  ])('%s', (_, config, words) => {
    expect(said(instance(config))).toContain(words);
  });

  test('force is for one that bears no mark, and for nothing else', () => {
    expect(said(instance({}), { force: true })).toBe('taken');
    const other = instance({ ...deployed, 'user.pets.project': 'other' });
    expect(said(other, { force: true })).toContain('other');
    const store = { mine: { type: 'disk', source: '/nix/store', path: '/nix/store' } };
    expect(said(instance(incusPet, { devices: store }), { force: true })).toContain('`mine`');
    expect(said(instance({}, { type: 'virtual-machine' }), { force: true })).toContain('virtual machine');
    expect(said(instance({}, { project: 'elsewhere' }), { force: true })).toContain('no instance');
  });
});

describe('its table', () => {
  test('is what its device says before what its marks say', () => {
    const devices = { web: { type: 'proxy', listen: 'tcp:[::1]:9090', connect: 'tcp:127.0.0.1:8080' } };
    expect(tableFor(instance(incusPet, { devices }), options, '/x')).toEqual({
      name: 'web',
      'flake-ref': 'github:o/r',
      port: 9090,
      listen: '::1',
      nixpkgs: null,
      store: 'copy',
    });
    expect(tableFor(instance(incusPet), options, '/x')).toMatchObject({ port: 8080, listen: '0.0.0.0' });
  });

  test('cannot be told without a flake', () => {
    expect(() => tableFor(instance({}), options, '/x')).toThrow('nothing says which flake');
    const given = tableFor(instance({}), { ...options, flakeRef: './old' }, '/x');
    expect(given).toMatchObject({ 'flake-ref': '/x/old', port: null });
  });
});
