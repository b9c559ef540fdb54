import { expect, test } from '@jest/globals';
import type { AssembledApp } from '../../src/nix/inputs.js';
import { isUnpinned } from '../../src/nix/assemble.js';

const local = (url: string) => ({
  kind: 'local',
  ref: { url, written: url, attribute: '' },
  contentHash: 'x',
});
const app = (url: string, nixpkgs = 'path:/srv/nixpkgs') =>
  ({ source: local(url), nixpkgs: local(nixpkgs) }) as unknown as AssembledApp;

const NOTES = `warning: not writing modified lock file of flake 'path:/nix':
• Added input 'app':
    'path:/srv/web?lastModified=1' (1970-01-01)
• Added input 'app/nixpkgs':
    'path:/srv/nixpkgs' (2026-01-01)
• Added input 'app/nixpkgs/deeper':
    follows 'app'
• Added input 'request':
    'path:/srv/request' (1970-01-01)
`;

test('what no lock pins is resolved anew each time', () => {
  expect(isUnpinned(app('path:/srv/web'), ['nixpkgs'], NOTES)).toBe(false);
  const more = `${NOTES}• Added input 'app/blog':\n    'github:a/b/1' (2026-01-01)\n`;
  expect(isUnpinned(app('path:/srv/web'), ['nixpkgs'], more)).toBe(true);
  expect(isUnpinned(app('path:/srv/web'), ['nixpkgs', 'blog'], more)).toBe(false);
});

test('of a repository as it is checked out more is seen than its files', () => {
  expect(isUnpinned(app('git+file:///srv/web'), ['nixpkgs'], NOTES)).toBe(true);
  expect(isUnpinned(app('git+file:///srv/web?ref=main'), ['nixpkgs'], NOTES)).toBe(false);
  expect(isUnpinned(app('path:/srv/web', 'git+file:///srv/nixpkgs'), ['nixpkgs'], NOTES)).toBe(true);
});
