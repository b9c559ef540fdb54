import { expect, test } from '@jest/globals';
import { printManifest } from '../../src/manifest/print.js';
import { readManifest } from '../../src/manifest/read.js';

const TEXT = `project = "home"
[defaults]
listen = "::1"
[apps.web]
flake-ref = './a "quoted" \\ folder'
port = 80
tags = ["public", "b", "b"]
[apps.constructor]
flake-ref = "github:o/r"
`;

function read(text: string) {
  const result = readManifest(text, { file: 'pets.toml', directory: '/m' });
  if (!result.ok) throw new Error(result.problems.map((p) => p.message).join('\n'));
  return result.manifest;
}

test('what is printed is a manifest with the same meaning, every default filled in', () => {
  const printed = printManifest(read(TEXT), 'toml');
  expect(read(printed)).toEqual(read(TEXT));
  expect(printManifest(read(printed), 'toml')).toBe(printed);
  expect(printed).toContain(
    'listen = "::1"\nnixpkgs = "github:nixos/nixpkgs/nixos-25.11"\ntags = ["b","public"]',
  );
});

test('as JSON', () => {
  expect(JSON.parse(printManifest(read(TEXT), 'json'))).toMatchObject({
    project: 'home',
    apps: {
      web: { port: 80, tags: ['b', 'public'] },
      constructor: { 'flake-ref': 'github:o/r', listen: '::1' },
    },
  });
});
