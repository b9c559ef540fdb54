import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OLDEST } from '../../src/doctor/supported.js';
import { pageText, ROOT } from '../pages.js';

const LABELS = { incus: 'Incus', nix: 'Nix', node: 'Node', nixpkgs: 'nixpkgs of the apps' };

test('what is the oldest is told alike by the doctor, the pages and npm', () => {
  const page = pageText('docs/host.md');
  for (const [what, label] of Object.entries(LABELS))
    expect(page).toContain(`| ${label} | ${OLDEST[what as keyof typeof OLDEST]} |`);
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  expect(engines.node.startsWith(`^${OLDEST.node}`)).toBe(true);
  expect(pageText('README.md')).toContain(`nixpkgs from ${OLDEST.nixpkgs} on`);
});
