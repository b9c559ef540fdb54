import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import ts from 'typescript';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Rooms that do no I/O, and give the same answer each time. */
const PURE = new Set(['facets', 'flake-contract', 'manifest', 'planner']);
/** Packages that have one place: a file, or a room. */
const ONE_PLACE: Readonly<Record<string, string | readonly string[]>> = {
  execa: 'lib/processes.ts',
  ink: 'ui/reporters/live.tsx',
  react: 'ui/reporters/live.tsx',
  'toml-eslint-parser': 'manifest/ast.ts',
  'string-width': 'ui/text.ts',
  'p-queue': ['executor/', 'nix/files.ts'],
};
/** What a room may import besides itself, `domain/` and `lib/`; the others, nothing. */
const OTHERS: Readonly<Record<string, (room: string) => boolean>> = {
  ...Object.fromEntries(
    ['planner', 'manifest', 'incus', 'executor', 'ui'].map((room) => [room, (other) => other === 'facets']),
  ),
  runtime: (room) => room !== 'cli',
  cli: () => true,
};

/** Rooms that know of the process what main.ts hands over, and nothing else. */
const FROM_CONTEXT: Readonly<Record<string, string>> = { cli: 'goes by its context' };

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
  const room = roomOf(file) ?? '';
  const why = PURE.has(room) ? 'is pure' : FROM_CONTEXT[room];
  return why === undefined ? imports : [...imports, ...impurities(file, text, why)];
}

function againstRooms(file: string, from: string): string | null {
  const target = normalize(join(dirname(file), from));
  if (target.startsWith('..')) return 'that is outside of src/';
  if (target === 'main.js') return 'nobody imports main.ts';
  const [own, other] = [roomOf(file), roomOf(target)];
  if (other === own || other === null) return null;
  if (own === null) return other === 'cli' || other === 'runtime' || other === 'domain' ? null : ROOT_RULE;
  if (other === 'cli') return 'only main.ts imports cli/';
  if (own === 'lib') return target === 'domain/problem.js' ? null : 'lib/ knows nothing of the domain';
  if (own !== 'domain' && other === 'domain') return null;
  if (other === 'lib' || (OTHERS[own]?.(other) ?? false)) return null;
  return `${own}/ may import domain/, lib/ and itself; runtime/ puts rooms together`;
}

const ROOT_RULE = 'main.ts starts the command line, and knows no other room';

function againstPackages(file: string, from: string): string | null {
  const room = roomOf(file) ?? '';
  if (PURE.has(room) && from.startsWith('node:')) return `${room}/ does no I/O`;
  const name = from.split('/', from.startsWith('@') ? 2 : 1).join('/');
  const places = Object.hasOwn(ONE_PLACE, name) ? [ONE_PLACE[name] ?? []].flat() : [];
  const isPlace = (place: string) => file === place || (place.endsWith('/') && file.startsWith(place));
  return places.length === 0 || places.some(isPlace) ? null : `only ${places.join(' and ')} may`;
}

/** The clock, chance and the process, by name: a plan must be the same each time. */
function impurities(file: string, text: string, why: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const what = impurityOf(node);
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    const isMeant = PURE.has(roomOf(file) ?? '') || what === 'process';
    if (what !== null && isMeant)
      found.push(`src/${file}:${line + 1} uses ${what}: ${String(roomOf(file))}/ ${why}`);
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

test('each room imports what it may, and each package has its place', () => {
  const found = sources().flatMap((file) => violationsOf(file, readFileSync(join(SRC, file), 'utf8')));
  expect(found.join('\n')).toBe('');
});

test('there is something to look at', () => {
  const rooms = new Set(sources().flatMap((file) => roomOf(file) ?? []));
  expect([...rooms].sort()).toEqual(
    expect.arrayContaining([
      'cli',
      'domain',
      'executor',
      'incus',
      'lib',
      'manifest',
      'planner',
      'runtime',
      'ui',
    ]),
  );
  expect(sources().filter((file) => roomOf(file) === null)).toEqual(['main.ts']);
});

test.each([
  [
    'ui/reporters/plain.ts',
    "import { x } from '../../planner/print.js';",
    'ui/ may import domain/, lib/ and itself',
  ],
  [
    'ui/reporters/plain.ts',
    "const x = await import('../../incus/client/http.js');",
    'runtime/ puts rooms together',
  ],
  ['planner/plan.ts', "import type { Manifest } from '../manifest/read.js';", 'planner/ may import domain/'],
  ['facets/limits.ts', "import { x } from '../manifest/read.js';", 'facets/ may import domain/, lib/'],
  ['facets/limits.ts', "import { x } from '../planner/diff.js';", 'facets/ may import domain/, lib/'],
  ['facets/limits.ts', "import { readFileSync } from 'node:fs';", 'facets/ does no I/O'],
  ['stores/copy.ts', "import { x } from '../facets/index.js';", 'stores/ may import domain/, lib/'],
  ['planner/plan.ts', "export * from '../executor/execute.js';", 'planner/ may import domain/'],
  ['executor/execute.ts', "import { x } from '../runtime/observe.js';", 'executor/ may import domain/'],
  ['ui/index.ts', "import { run } from '../cli/args.js';", 'only main.ts imports cli/'],
  ['runtime/observe.ts', "import { up } from '../cli/commands/up.js';", 'only main.ts imports cli/'],
  ['domain/binding.ts', "import { x } from '../planner/print.js';", 'domain/ may import domain/, lib/'],
  ['lib/size.ts', "import type { AppName } from '../domain/names.js';", 'lib/ knows nothing of the domain'],
  ['lib/size.ts', "import { x } from '../planner/print.js';", 'lib/ knows nothing of the domain'],
  ['main.ts', "import { x } from './planner/print.js';", 'main.ts starts the command line'],
  ['cli/commands/up.ts', "import '../../main.js';", 'nobody imports main.ts'],
  ['domain/version.ts', "import pkg from '../../package.json';", 'outside of src/'],
  ['nix/nix.ts', "import { execa } from 'execa';", 'only lib/processes.ts may'],
  ['ui/reporters/board.ts', "import { Box } from 'ink';", 'only ui/reporters/live.tsx may'],
  ['ui/reporters/board.ts', "import { useState } from 'react';", 'only ui/reporters/live.tsx may'],
  ['manifest/lock.ts', "import { parseTOML } from 'toml-eslint-parser';", 'only manifest/ast.ts may'],
  ['nix/nix.ts', "import PQueue from 'p-queue';", 'only executor/ and nix/files.ts may'],
  ['manifest/read.ts', "import { readFileSync } from 'node:fs';", 'manifest/ does no I/O'],
  ['planner/plan.ts', '\nconst t = Date.now();', 'src/planner/plan.ts:2 uses Date.now: planner/ is pure'],
  ['planner/plan.ts', 'const t = new Date();', 'uses new Date'],
  ['planner/plan.ts', 'const t = Math.random();', 'uses Math.random'],
  ['manifest/read.ts', 'const home = process.env["HOME"];', 'uses process'],
  ['cli/options.ts', 'const file = process.env["PETS_FILE"];', 'uses process: cli/ goes by its context'],
])('%s with `%s` is against the rule', (file, text, why) => {
  expect(violationsOf(file, text)).toEqual([expect.stringContaining(why)]);
});

test.each([
  [
    'cli/commands/up.ts',
    "import { planOf } from '../../planner/plan.js';\nimport { x } from './x.js';\nimport 'node:fs';",
  ],
  [
    'runtime/services.ts',
    "import { x } from '../incus/client/client.js';\nimport { y } from '../ui/index.js';",
  ],
  ['main.ts', "import { run } from './cli/args.js';\nimport { EXIT } from './domain/problem.js';"],
  ['domain/event.ts', "import type { HowFar } from '../lib/progress.js';"],
  ['lib/processes.ts', "import { ProblemError } from '../domain/problem.js';"],
  ['cli/commands/runs.ts', 'const [now, pid] = [Date.now(), meta.process.pid];'],
  ['planner/plan.ts', "import { FACETS } from '../facets/index.js';"],
  ['ui/pages/diff.ts', "import { facetOf } from '../../facets/index.js';"],
  ['executor/execute.ts', "import PQueue from 'p-queue';\nconst t = Date.now();"],
  ['manifest/text.ts', 'export const isDate = (x: unknown) => x instanceof Date;'],
])('%s: nothing is wrong', (file, text) => {
  expect(violationsOf(file, text)).toEqual([]);
});
