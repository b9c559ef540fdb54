import { describe, expect, test } from '@jest/globals';
import { firstManifest } from '../../src/flake-contract/templates.js';
import { readManifest } from '../../src/manifest/read.js';

describe('pets.toml', () => {
  const read = (toml: string) => readManifest(toml, { file: 'pets.toml', directory: '/srv' });

  test('is a valid manifest without apps', () => {
    expect(read(firstManifest('homelab'))).toMatchObject({
      ok: true,
      manifest: { project: 'homelab', apps: [] },
    });
  });

  test('begins with the line by which editors find its schema', () => {
    expect(firstManifest('homelab').split('\n')[0]).toBe('#:schema ./pets.schema.json');
  });

  test('what is commented out in it is valid too', () => {
    const whole = firstManifest('homelab').replace(/^# (?=\[apps|[a-z-]+ += )/gm, '');
    expect(read(whole)).toMatchObject({ ok: true, manifest: { apps: [{ name: 'web', port: 7700 }] } });
  });
});
