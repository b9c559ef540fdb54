import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { circlesIn, graphOf, importsOf, readSources } from '../scripts/imports.js';

const SOURCES = readSources(fileURLToPath(new URL('../src', import.meta.url)));

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
  cli: (room) => room === 'runtime' || room === 'ui',
};
/**
 * What breaks a rule by now: rooms that a verb's file puts together by itself, for no other verb, so that a file of
 * `runtime/` would only hand them on. The list gets shorter, and never longer.
 */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  // A pure function makes the plan, the page or the text that is the verb's own.
  'cli/commands/check.ts': 'flake-contract',
  'cli/commands/config.ts': 'manifest',
  'cli/commands/deploy.ts': 'planner',
  'cli/commands/diff.ts': 'planner',
  'cli/commands/history.ts': 'facets',
  'cli/commands/init.ts': 'flake-contract manifest',
  'cli/commands/power.ts': 'planner',
  'cli/commands/ps.ts': 'planner',
  'cli/commands/rm.ts': 'manifest',
  'cli/commands/rollback.ts': 'facets planner',
  'cli/commands/schema.ts': 'manifest',
  'cli/commands/up.ts': 'planner',
  // The verb is all that there is of its room from outside.
  'cli/commands/adopt.ts': 'facets manifest stores',
  'cli/commands/gc.ts': 'executor planner stores',
  'cli/commands/restore.ts': 'backup',
  'cli/commands/runs.ts': 'state',
};

/** `ui/live.tsx` → `ui`; a file of the root has none. */
function roomOf(file: string): string | null {
  return file.includes('/') ? (file.split('/')[0] ?? null) : null;
}

function violationsOf(file: string, text: string): string[] {
  const imports = importsOf(text).flatMap(({ line, from }) => {
    const why = from.startsWith('.') ? againstRooms(file, from) : againstPackages(file, from);
    return why === null ? [] : [`src/${file}:${line} imports ${from}: ${why}`];
  });
  return [...imports, ...touches(file, text)];
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
  if (other === 'lib' || (OTHERS[own]?.(other) ?? false) || isExcepted(file, other)) return null;
  return `${own}/ may import domain/, lib/ and itself; runtime/ puts rooms together`;
}

/** A room's, or a global's. */
function isExcepted(file: string, what: string): boolean {
  return Object.hasOwn(EXCEPTIONS, file) && EXCEPTIONS[file]?.split(' ').includes(what) === true;
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

/** What a file touches that it must not: a plan must be the same each time, and a verb run in a test has no process. */
function touches(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const isPure = PURE.has(roomOf(file) ?? '');
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const where = () => `src/${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    const impurity = isPure ? impurityOf(node) : null;
    const around = isPure || file === 'main.ts' ? null : surroundingOf(node);
    if (impurity !== null) found.push(`${where()} uses ${impurity}: ${String(roomOf(file))}/ is pure`);
    if (around !== null && !isExcepted(file, around))
      found.push(`${where()} uses ${around}: main.ts gives it to the runtime, and that to everybody`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The clock, chance and the process, by name. */
const GLOBALS = new Set(['process', 'globalThis', 'performance', 'crypto', 'fetch', 'console', 'setTimeout']);

function impurityOf(node: ts.Node): string | null {
  // `x instanceof Date` asks no clock.
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date') return 'new Date';
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const text = `${node.expression.text}.${node.name.text}`;
    if (text === 'Math.random' || text === 'Date.now') return text;
  }
  return ts.isIdentifier(node) && GLOBALS.has(node.text) && isGlobal(node) ? node.text : null;
}

/** What a process has around it, and how it ends. Its number and its user are the same for all. */
const SURROUNDINGS = new Set([
  'env',
  'argv',
  'stdin',
  'stdout',
  'stderr',
  'cwd',
  'chdir',
  'exit',
  'exitCode',
]);

function surroundingOf(node: ts.Node): string | null {
  if (!ts.isIdentifier(node) || node.text !== 'process' || !isGlobal(node)) return null;
  const { parent } = node;
  if (!ts.isPropertyAccessExpression(parent)) return 'process';
  return SURROUNDINGS.has(parent.name.text) ? `process.${parent.name.text}` : null;
}

/** Not a member, or a part of a pattern, of that name. */
function isGlobal(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node;
  return !(ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isBindingElement(parent));
}

test('each room imports what it may, and each package has its place', () => {
  const found = [...SOURCES].flatMap(([file, text]) => violationsOf(file, text));
  expect(found.join('\n')).toBe('');
});

test('an exception is gone with what it is for', () => {
  const needed = (file: string, what: string) => {
    const text = SOURCES.get(file) ?? '';
    if (what.startsWith('process')) return text.includes(what);
    return importsOf(text).some(({ from }) => roomOf(normalize(join(dirname(file), from))) === what);
  };
  const left = Object.entries(EXCEPTIONS).flatMap(([file, all]) =>
    all.split(' ').flatMap((what) => (needed(file, what) ? [] : `${file}: ${what}`)),
  );
  expect(left).toEqual([]);
});

test('no file leads back to itself, by types neither', () => {
  expect(circlesIn(graphOf(SOURCES))).toEqual([]);
});

test('a circle is found, whatever it is made of, and once', () => {
  const sources = new Map([
    ['ui/a.ts', "import type { B } from './b.js';"],
    ['ui/b.ts', "export { c } from '../lib/c.js';"],
    ['lib/c.ts', "const a = await import('../ui/a.js');"],
    ['ui/d.tsx', "import { a } from './a.js';\nimport 'node:fs';"],
    ['ui/e.ts', "import { e } from './e.js';"],
  ]);
  expect(circlesIn(graphOf(sources))).toEqual([['lib/c.ts', 'ui/a.ts', 'ui/b.ts'], ['ui/e.ts']]);
});

test('there is something to look at', () => {
  const files = [...SOURCES.keys()];
  const rooms = new Set(files.flatMap((file) => roomOf(file) ?? []));
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
  expect(files.filter((file) => roomOf(file) === null)).toEqual(['launch.ts', 'main.ts']);
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
  ['cli/commands/open.ts', "import { x } from '../../incus/client/http.js';", 'runtime/ puts rooms together'],
  [
    'cli/commands/up.ts',
    "import type { X } from '../../incus/client/http.js';",
    'runtime/ puts rooms together',
  ],
  ['nix/nix.ts', 'const home = process.env["HOME"];', 'uses process.env: main.ts gives it to the runtime'],
  ['runtime/runtime.ts', 'process.stderr.write("!");', 'uses process.stderr'],
  ['cli/options.ts', 'process.exit(1);', 'uses process.exit'],
  ['lib/files.ts', 'const { env } = process;', 'uses process: main.ts'],
])('%s with `%s` is against the rule', (file, text, why) => {
  expect(violationsOf(file, text)).toEqual([expect.stringContaining(why)]);
});

test.each([
  [
    'cli/commands/up.ts',
    "import { x } from '../../runtime/observe.js';\nimport { y } from '../../ui/index.js';\nimport { z } from './z.js';\nimport 'node:fs';",
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
  ['main.ts', 'const { env } = process;'],
  ['lib/files.ts', 'const mark = `${process.pid}`;\nconst x = meta.process.env;'],
  ['manifest/text.ts', 'export const isDate = (x: unknown) => x instanceof Date;'],
])('%s: nothing is wrong', (file, text) => {
  expect(violationsOf(file, text)).toEqual([]);
});
