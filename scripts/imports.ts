import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { filesBelow } from '../test/files.js';

export type Import = { readonly line: number; readonly from: string };
/** Texts by file. */
export type Sources = ReadonlyMap<string, string>;
/** What each file imports of the others. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** The TypeScript below a folder. */
export function readSources(folder: string): Sources {
  const files = filesBelow(folder).filter((file) => /\.tsx?$/.test(file));
  return new Map(files.sort().map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

const found = new Map<string, readonly Import[]>();

/** All that a file imports, types and `import()` included. A text that was read before is not read again. */
export function importsOf(text: string): readonly Import[] {
  const known = found.get(text) ?? readImports(text);
  found.set(text, known);
  return known;
}

function readImports(text: string): Import[] {
  return ts.preProcessFile(text).importedFiles.map(({ fileName, pos }) => ({
    from: fileName,
    line: text.slice(0, pos).split('\n').length,
  }));
}

export function graphOf(sources: Sources): Graph {
  return new Map([...sources].map(([file, text]) => [file, importedBy(file, text, sources)]));
}

function importedBy(file: string, text: string, sources: Sources): string[] {
  const imported = importsOf(text).flatMap(({ from }) => {
    if (!from.startsWith('.')) return [];
    const bare = normalize(join(dirname(file), from)).replace(/\.js$/, '');
    return [`${bare}.ts`, `${bare}.tsx`].filter((target) => sources.has(target));
  });
  return [...new Set(imported)];
}

/** All that a file leads to, itself included. */
export function reachedFrom(start: string, graph: Graph): Set<string> {
  const reached = new Set([start]);
  for (const file of reached) for (const target of graph.get(file) ?? []) reached.add(target);
  return reached;
}

/** Files that lead to one another, each circle once. */
export function circlesIn(graph: Graph): string[][] {
  const reach = new Map([...graph.keys()].map((file) => [file, reachedFrom(file, graph)]));
  const told = new Set<string>();
  const circles: string[][] = [];
  for (const [file, targets] of graph) {
    if (told.has(file)) continue;
    const circle = [...(reach.get(file) ?? [])].filter((other) => reach.get(other)?.has(file) === true);
    for (const one of circle) told.add(one);
    if (circle.length > 1 || targets.includes(file)) circles.push(circle.sort());
  }
  return circles;
}
