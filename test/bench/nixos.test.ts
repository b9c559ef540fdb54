import { expect, test } from '@jest/globals';
import { pinnedRef, summaryOf } from './nixos-facts.js';

test.each([
  ['path:/nix/store/x-source?lastModified=1&narHash=sha256-a%2Bb', 'path:/nix/store/x-source'],
  ['github:nixos/nixpkgs/0123', 'github:nixos/nixpkgs/0123'],
  ['github:nixos/nixpkgs/0123?narHash=sha256-a', 'github:nixos/nixpkgs/0123?narHash=sha256-a'],
  ['git+file:///srv/nixpkgs?rev=0123', 'git+file:///srv/nixpkgs?rev=0123'],
])('%s is written into manifests as %s', (url, ref) => {
  expect(pinnedRef(url)).toBe(ref);
});

test('the summary says what was run, of which versions, and what came of it', () => {
  const facts = {
    pets: '1.0.0 (v1.0.0-2-gabc, with changes)',
    host: 'NixOS 25.11 (Xantusia), kernel 6.12.1, Node 24.1.0',
    Incus: '6.0.5',
    Nix: '2.31.2',
    nixpkgs: '25.11 (github:nixos/nixpkgs/nixos-25.11 = github:nixos/nixpkgs/0123)',
  };
  const results = [
    { what: 'a bare system builds', code: 0 },
    { what: 'upgrades', code: 1 },
  ];
  expect(summaryOf(facts, results, '2026-11-26')).toBe(
    [
      '',
      'run on 2026-11-26',
      'pets     1.0.0 (v1.0.0-2-gabc, with changes)',
      'host     NixOS 25.11 (Xantusia), kernel 6.12.1, Node 24.1.0',
      'Incus    6.0.5',
      'Nix      2.31.2',
      'nixpkgs  25.11 (github:nixos/nixpkgs/nixos-25.11 = github:nixos/nixpkgs/0123)',
      'passed   a bare system builds',
      'FAILED   upgrades',
      '',
    ].join('\n'),
  );
});
