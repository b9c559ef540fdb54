import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import ts from 'typescript';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Rooms that do no I/O, and give the same answer each time. */
const PURE = new Set(['contract', 'manifest', 'plan']);
/** Packages that have one place: a file, or a room. */
const ONE_PLACE: Readonly<Record<string, string>> = {
  execa: 'exec.ts',
  ink: 'ui/live.tsx',
  react: 'ui/live.tsx',
  'toml-eslint-parser': 'manifest/ast.ts',
  'p-queue': 'apply/',
};

type Import = { readonly line: number; readonly from: string };

/** All that a file imports, types and `import()` included. */
function importsOf(text: string): Import[] {
  return ts.preProcessFile(text).importedFiles.map(({ fileName, pos }) => ({
    from: fileName,
    line: text.slice(0, pos).split('\n').length,
  }));
}

/** `ui/live.tsx` → `ui`; a file of the root has none. */
function roomOf(file: string): string | null {
  return file.includes('/') ? (file.split('/')[0] ?? null) : null;
}

function violationsOf(file: string, text: string): string[] {
  const imports = importsOf(text).flatMap(({ line, from }) => {
    const why = from.startsWith('.') ? againstRooms(file, from) : againstPackages(file, from);
    return why === null ? [] : [`src/${file}:${line} imports ${from}: ${why}`];
  });
  return PURE.has(roomOf(file) ?? '') ? [...imports, ...impurities(file, text)] : imports;
}

function againstRooms(file: string, from: string): string | null {
  const target = normalize(join(dirname(file), from));
  const [own, other] = [roomOf(file), roomOf(target)];
  if (target.startsWith('..')) return 'that is outside of src/';
  if (other === null || other === own) return target === 'main.js' ? 'nobody imports main.ts' : null;
  if (other === 'cli') return file === 'main.ts' ? null : 'only main.ts imports cli/';
  if (own === null) return 'a root file imports no room';
  return own === 'cli' ? null : `${own}/ may import root files and itself; only cli/ imports rooms`;
}

function againstPackages(file: string, from: string): string | null {
  const room = roomOf(file) ?? '';
  if (PURE.has(room) && from.startsWith('node:')) return `${room}/ does no I/O`;
  const name = from.split('/', from.startsWith('@') ? 2 : 1).join('/');
  const place = Object.hasOwn(ONE_PLACE, name) ? ONE_PLACE[name] : undefined;
  if (place === undefined || file === place || (place.endsWith('/') && file.startsWith(place))) return null;
  return `only ${place} may`;
}

/** The clock, chance and the process, by name: a plan must be the same each time. */
function impurities(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const what = impurityOf(node);
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    if (what !== null) found.push(`src/${file}:${line + 1} uses ${what}: ${String(roomOf(file))}/ is pure`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const GLOBALS = new Set(['process', 'globalThis', 'performance', 'crypto', 'fetch', 'console', 'setTimeout']);

function impurityOf(node: ts.Node): string | null {
  // `x instanceof Date` asks no clock.
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date') return 'new Date';
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText();
    if (text === 'Math.random' || text === 'Date.now') return text;
  }
  if (!ts.isIdentifier(node) || !GLOBALS.has(node.text)) return null;
  const { parent } = node;
  const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
  return isMember || ts.isPropertyAssignment(parent) ? null : node.text;
}

function sources(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));
}

test('each room imports root files and itself, and each package has its place', () => {
  const found = sources().flatMap((file) => violationsOf(file, readFileSync(join(SRC, file), 'utf8')));
  expect(found.join('\n')).toBe('');
});

test('there is something to look at', () => {
  const rooms = new Set(sources().flatMap((file) => roomOf(file) ?? []));
  expect([...rooms].sort()).toEqual(
    expect.arrayContaining(['apply', 'cli', 'incus', 'manifest', 'plan', 'ui']),
  );
});

test.each([
  ['ui/plain.ts', "import { x } from '../plan/print.js';", 'ui/ may import root files and itself'],
  ['ui/plain.ts', "const x = await import('../incus/http.js');", 'only cli/ imports rooms'],
  ['plan/plan.ts', "import type { Manifest } from '../manifest/read.js';", 'only cli/ imports rooms'],
  ['plan/plan.ts', "export * from '../apply/apply.js';", 'only cli/ imports rooms'],
  ['ui/index.ts', "import { run } from '../cli/args.js';", 'only main.ts imports cli/'],
  ['listen.ts', "import { x } from './plan/print.js';", 'a root file imports no room'],
  ['main.ts', "import { x } from './plan/print.js';", 'a root file imports no room'],
  ['cli/up.ts', "import '../main.js';", 'nobody imports main.ts'],
  ['cli/version.ts', "import pkg from '../../package.json';", 'outside of src/'],
  ['nix/nix.ts', "import { execa } from 'execa';", 'only exec.ts may'],
  ['ui/board.ts', "import { Box } from 'ink';", 'only ui/live.tsx may'],
  ['ui/board.ts', "import { useState } from 'react';", 'only ui/live.tsx may'],
  ['manifest/lock.ts', "import { parseTOML } from 'toml-eslint-parser';", 'only manifest/ast.ts may'],
  ['nix/nix.ts', "import PQueue from 'p-queue';", 'only apply/ may'],
  ['manifest/read.ts', "import { readFileSync } from 'node:fs';", 'manifest/ does no I/O'],
  ['plan/plan.ts', '\nconst t = Date.now();', 'src/plan/plan.ts:2 uses Date.now: plan/ is pure'],
  ['plan/plan.ts', 'const t = new Date();', 'uses new Date'],
  ['plan/plan.ts', 'const t = Math.random();', 'uses Math.random'],
  ['manifest/read.ts', 'const home = process.env["HOME"];', 'uses process'],
])('%s with `%s` is against the rule', (file, text, why) => {
  expect(violationsOf(file, text)).toEqual([expect.stringContaining(why)]);
});

test.each([
  ['cli/up.ts', "import { planOf } from '../plan/plan.js';\nimport { x } from './x.js';\nimport 'node:fs';"],
  ['main.ts', "import { run } from './cli/args.js';\nimport { EXIT } from './problem.js';"],
  ['apply/apply.ts', "import PQueue from 'p-queue';\nconst t = Date.now();"],
  ['manifest/text.ts', 'export const isDate = (x: unknown) => x instanceof Date;'],
])('%s: nothing is wrong', (file, text) => {
  expect(violationsOf(file, text)).toEqual([]);
});
