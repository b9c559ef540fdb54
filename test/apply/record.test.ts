import { describe, expect, test } from '@jest/globals';
import { run } from './recording.js';

const NEW_PORT = { want: ['web 81'], have: ['web 80'] };

describe('record', () => {
  test('is what the next run compares with, and what incus-pet reads', async () => {
    const { configs } = await run({ want: ['web [::1]:80 ref=github:o/web'] });
    const {
      'user.pets.applied': applied = '',
      'user.pets.generation.7': generation = '',
      ...marks
    } = configs['web'] ?? {};
    expect(marks).toEqual({
      'user.pets.project': 'homelab',
      'user.pets.app': 'web',
      'user.pets.state': 'ready',
      'user.pets.becoming': '',
      'user.pets.secrets': '',
      'user.pets.condemned': '',
      'user.incus-pet.flake-ref': 'github:o/web',
      'user.incus-pet.host-port': '80',
      'user.incus-pet.listen': '::1',
    });
    expect(JSON.parse(applied)).toEqual({
      v: 1,
      generation: 7,
      toplevel: '/nix/store/t-web',
      facets: {
        system: { source: 'a', nixpkgs: 'nixos-25.11', platform: 'x86_64-linux' },
        exposure: { listen: '[::1]:80' },
        storage: {},
        limits: {},
        container: {},
        meta: { 'flake-ref': 'github:o/web' },
        power: { state: 'running' },
      },
    });
    const { toplevel, facets } = JSON.parse(applied) as Record<string, unknown>;
    expect(JSON.parse(generation)).toMatchObject({ toplevel, facets });
  });

  test('removes the marks of a port that is no longer there: an empty value removes a key', async () => {
    const { configs } = await run({ want: ['web'], have: ['web 80'] });
    expect(configs['web']).toMatchObject({ 'user.incus-pet.host-port': '', 'user.incus-pet.listen': '' });
  });

  test('keeps the system that was there when none was built', async () => {
    const { configs } = await run(NEW_PORT);
    expect(JSON.parse(configs['web']?.['user.pets.applied'] ?? '')).toMatchObject({
      generation: 1,
      toplevel: '/nix/store/a-nixos-25.11-x86_64-linux',
    });
  });
});

test('a system that is no flake has no flake-ref, and what is built for good needs no pin', async () => {
  const worlds = ['config.nix', '/nix/store/abc-system'].map((source) => ({
    want: [`web - source=${source}`],
  }));
  for (const world of worlds) {
    const { configs, calls } = await run(world);
    expect(configs['web']).toMatchObject({ 'user.incus-pet.flake-ref': '' });
    expect(calls.filter((call) => call.startsWith('nix.lock'))).toEqual([]);
  }
});
