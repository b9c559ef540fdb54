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
      toplevel: '/nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web',
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
      toplevel: '/nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-a-nixos-25.11-x86_64-linux',
    });
  });
});

describe('a hold', () => {
  const held = (until: string | null) => ({
    'user.pets.hold': JSON.stringify({ at: '2001-01-01T00:00:00Z', until, because: null }),
  });

  test('whose time is past is taken away; any other stays', async () => {
    const recorded = async (config: Readonly<Record<string, string>>) =>
      (await run(NEW_PORT, { config: { web: config } })).configs['web']?.['user.pets.hold'];
    expect(await recorded(held('2001-02-01T00:00+01:00'))).toBe('');
    expect(await recorded(held('2999-02-01T00:00+01:00'))).toBeUndefined();
    expect(await recorded(held(null))).toBeUndefined();
    expect(await recorded({ 'user.pets.hold': 'soon' })).toBeUndefined();
    expect(await recorded({})).toBeUndefined();
  });
});

describe('beside a system that is held', () => {
  const applied = {
    ...{ v: 1, generation: 1, toplevel: `/nix/store/${'0'.repeat(32)}-a` },
    facets: { secrets: { 'secret.db': 'v1:1 0400 root' } },
  };
  const world = {
    want: ['web 81 source=b secrets=db:2'],
    have: ['web 80 secrets=db:1 kept=1 condemned=b tried=web_80_secrets=db:2'],
  };
  const config = { web: { 'user.pets.applied': JSON.stringify(applied) } };

  test('the generation that serves has the port of now, and the secrets that it had', async () => {
    const { configs, calls } = await run(world, { config });
    expect(JSON.parse(configs['web']?.['user.pets.applied'] ?? '')).toMatchObject({
      generation: 1,
      facets: { system: { source: 'a' }, exposure: { listen: '127.0.0.1:81' }, ...applied.facets },
    });
    expect(calls.filter((call) => /^guest\.(?:write|restart|activate)|^incus\.stop/.test(call))).toEqual([]);
  });

  test('what is remembered of it stays, with what is wanted now', async () => {
    const { configured, outcome } = await run(world, { config });
    const [text] = configured.flatMap((keys) => keys['user.pets.condemned'] ?? []);
    expect(JSON.parse(text ?? '')).toMatchObject({
      at: '2026-01-02T03:04:05Z',
      why: 'it broke',
      byHand: false,
      facets: {
        ...{ system: { source: 'b' }, exposure: { listen: '127.0.0.1:81' } },
        secrets: { 'secret.db': 'v1:2 0400 root' },
      },
    });
    expect(outcome.apps[0]).toMatchObject({
      ...{ result: 'condemned', verb: 'proxy-update', because: null, url: 'http://127.0.0.1:81' },
      notes: [expect.stringContaining('its system is held: tried before: it broke')],
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
