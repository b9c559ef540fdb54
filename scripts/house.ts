import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { circlesIn, type Graph, graphOf, reachedFrom, readSources, type Sources } from './imports.js';

/** What of the source says how easily one finds the way about in it, as a table; with `--list` what it counts, too. */
const SRC = fileURLToPath(new URL('../src', import.meta.url));
const MANY = 4;
const LONG = 50;

type Func = {
  readonly place: string;
  readonly name: string;
  readonly parameters: number;
  readonly lines: number;
};

function functionsIn(file: string, text: string): Func[] {
  const source = parse(file, text);
  const lineAt = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  const found: Func[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const start = lineAt(node.getStart());
      const place = `src/${file}:${start + 1}`;
      const lines = lineAt(node.end) - start + 1;
      found.push({ place, name: nameOf(node), parameters: node.parameters.length, lines });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText();
  return ts.isVariableDeclaration(node.parent) ? node.parent.name.getText() : '(no name)';
}

function parse(file: string, text: string): ts.SourceFile {
  const kind = file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, kind);
}

/** Files on the way of a verb that know of all that is around it. */
function runtimeOnTheWayOf(verb: string, graph: Graph, sources: Sources): string[] {
  return [...reachedFrom(verb, graph)]
    .filter((file) => mentions(parse(file, sources.get(file) ?? '')))
    .sort();
}

function mentions(node: ts.Node): boolean {
  if (ts.isTypeReferenceNode(node) && node.typeName.getText() === 'Runtime') return true;
  return ts.forEachChild(node, (child) => mentions(child) || undefined) ?? false;
}

function linesIn(text: string): number {
  return text.split('\n').length - 1;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function tableOf(rows: readonly (readonly [what: string, figure: string | number])[]): string {
  const lines = rows.map(([what, figure]) => `| ${what} | ${figure} |`);
  return ['| of `src/` | |', '|---|---|', ...lines].join('\n');
}

const sources = readSources(SRC);
const graph = graphOf(sources);
const functions = [...sources].flatMap(([file, text]) => functionsIn(file, text));
const lines = [...sources].map(([file, text]) => ({ file, lines: linesIn(text) }));
const [largest] = lines.sort((a, b) => b.lines - a.lines);
const crowded = functions.filter(({ parameters }) => parameters >= MANY);
const long = functions.filter((one) => one.lines > LONG);
const circles = circlesIn(graph);
const around = runtimeOnTheWayOf('cli/commands/up.ts', graph, sources);

const table = tableOf([
  ['files', sources.size],
  ['lines', lines.reduce((sum, one) => sum + one.lines, 0)],
  ['the largest file, lines', `${largest?.lines ?? 0} (\`${largest?.file ?? ''}\`)`],
  ['circles of imports, types included', circles.length],
  ['files that a file imports, median', median([...graph.values()].map((targets) => targets.length))],
  [
    `functions with ${MANY} parameters or more`,
    `${((100 * crowded.length) / functions.length).toFixed(1)} % (${crowded.length} of ${functions.length})`,
  ],
  [`functions over ${LONG} lines`, long.length],
  ['files on the way of `up` that name `Runtime`', around.length],
]);
process.stdout.write(`${table}\n`);

if (process.argv.includes('--list')) {
  const told = [
    ...circles.map((circle) => `circle: ${circle.join(' ')}`),
    ...crowded.map(({ place, name, parameters }) => `${place} ${name}: ${parameters} parameters`),
    ...long.map(({ place, name, lines: count }) => `${place} ${name}: ${count} lines`),
    ...around.map((file) => `src/${file} names Runtime`),
  ];
  process.stdout.write(`\n${told.join('\n')}\n`);
}
