import { expect } from '@jest/globals';
import { readManifest } from '../../src/manifest/read.js';
import type { Manifest, ManifestApp } from '../../src/domain/manifest.js';
import { formatProblem } from '../../src/domain/problem.js';

/** What a person would see of these problems, or `ok`. */
export function problemsIn(text: string): string {
  const result = readManifest(text, { file: 'pets.toml', directory: '/srv/homelab' });
  return result.ok ? 'ok' : result.problems.map((problem) => formatProblem(problem)).join('\n');
}

/** Text that is no manifest ends as problems, each with a place and without control characters. */
export function expectProblems(text: string): void {
  const read = readManifest(text, { file: 'pets.toml', directory: '/srv' });
  expect([text.slice(0, 200), read.ok]).toEqual([text.slice(0, 200), false]);
  const problems = read.ok ? [] : read.problems;
  expect(problems.filter(({ place }) => !place || place.line < 1 || place.column < 1)).toEqual([]);
  const shown = problems.map((problem) => formatProblem(problem)).join('');
  expect(/[^\P{Cc}\n\t]/u.test(shown)).toBe(false);
}

export function manifestOf(text: string): Manifest {
  const result = readManifest(text, { file: 'pets.toml', directory: '/srv/homelab' });
  if (!result.ok) throw new Error(result.problems.map((problem) => formatProblem(problem)).join('\n'));
  return result.manifest;
}

/** A golden text, without its first newline and with the last one's indentation gone. */
export function golden(text: string): string {
  return text.replace(/^\n/, '').replace(/\n *$/, '');
}

/** The flake-ref of an app, as written. */
export function flakeOf({ source }: ManifestApp): string {
  return source.kind === 'flake' ? source.ref.written : source.kind;
}
