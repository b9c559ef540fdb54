import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from '../support/places.js';

/** Names that nixpkgs has: whoever declares one of them does not evaluate on NixOS. */
const TAKEN = textOf('test/bench/nixpkgs/nixos/taken.txt').trim().split('\n');
/** The stand-in's own options are meant to be those of nixpkgs, and one test is about a name that is taken. */
const STAND_IN = /^test\/bench\/(?:nixpkgs\/|nixpkgs\.real\.test\.ts$|taken\.test\.ts$)/;
const DECLARED = /\boptions\.((?:services|programs)\.[A-Za-z0-9_][\w-]*)/g;

function textOf(path: string): string {
  return readFileSync(`${ROOT}/${path}`, 'utf8');
}

function declared(text: string): string[] {
  return [...text.matchAll(DECLARED)].map(([, name = '']) => name);
}

/** What is in git, or will be. */
function filesBelow(...folders: readonly string[]): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', ...folders];
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\0');
  return listed.filter((path) => /\.(?:nix|ts|md|toml|example)$/.test(path) && !STAND_IN.test(path));
}

describe('the list', () => {
  test('is sorted, and has each name once', () => {
    expect(TAKEN).toEqual([...new Set(TAKEN)].sort());
  });

  test('has what nixpkgs is known for', () => {
    const known = ['services.heartbeat', 'services.nginx', 'services.tailscale', 'programs.git'];
    expect(known.filter((name) => !TAKEN.includes(name))).toEqual([]);
  });
});

test('examples, tests and pages declare no option that nixpkgs has', () => {
  const files = filesBelow('examples', 'test', 'docs', 'src', 'host');
  const found = files.flatMap((path) =>
    declared(textOf(path))
      .filter((name) => TAKEN.includes(name))
      .map((name) => `${path}: ${name}`),
  );
  expect(found).toEqual([]);
});

test('each example declares one, which the one above would find', () => {
  const names = filesBelow('examples').flatMap((path) => declared(textOf(path)));
  expect(names).toEqual(expect.arrayContaining(['services.counter', 'services.hello-web']));
});
