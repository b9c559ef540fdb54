import { type Profiler, Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { afterAll } from '@jest/globals';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Where steps are counted: our code, and the packages that are handed what a person has written. */
const COUNTED = ['src', 'node_modules/toml-eslint-parser', 'node_modules/valibot'];

/** How many times the work twice as much may take: a little more than twice, as searching a sorted list does. */
const IN_LINE = 2.5;
/** Parts that take so few steps are not looked at. */
const FEW = 50;

/** Steps taken, by the part of the code that took them. */
type Work = Map<string, number>;

const session = new Session();
session.connect();
session.post('Profiler.enable');
// Optimised code leaves out of the count what it has inlined.
setFlagsFromString('--no-opt');
// Code that is let go of as nobody has run it for long takes its counters along.
setFlagsFromString('--no-flush-bytecode');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
afterAll(() => {
  session.disconnect();
  setFlagsFromString('--opt');
  setFlagsFromString('--flush-bytecode');
});

/**
 * The parts of the code whose work grows more than in line with what there is to do. `prepare` makes what is run for a
 * size; it is run for this size and for twice as much. Counted is how often each function and each of its blocks runs,
 * and how much is handed to what the language has built in: on a slow machine that is the same. Not counted is what a
 * regular expression reads again and again.
 *
 * A test imports this before all else: code that has run before has no counters in its loops.
 */
export function steepParts(
  size: number,
  prepare: (size: number) => () => unknown,
  times = IN_LINE,
): string[] {
  const [once, twice] = [workOf(prepare(size)), workOf(prepare(2 * size))];
  if (once.size === 0) throw new Error('nothing was counted');
  const steep = steeper(once, twice, times);
  if (steep.length === 0) return [];
  // V8 can lose a count, and makes none up: of two runs the larger one is right.
  for (const [part, steps] of workOf(prepare(size))) once.set(part, Math.max(steps, once.get(part) ?? 0));
  return steeper(once, twice, times);
}

function steeper(once: Work, twice: Work, times: number): string[] {
  return [...twice].flatMap(([part, steps]) => {
    const before = once.get(part) ?? 0;
    return steps > times * before + FEW ? [`${part}: ${before} steps, then ${steps}`] : [];
  });
}

/** The work of one run. */
function workOf(run: () => unknown): Work {
  const work: Work = new Map();
  takeCounts();
  const unwatch = watchBuiltIns(work);
  try {
    run();
  } finally {
    unwatch();
  }
  addCounted(work);
  return work;
}

function addCounted(work: Work): void {
  for (const { url, functions } of takeCounts()) {
    const file = (url.startsWith('file:') ? fileURLToPath(url) : url).slice(ROOT.length);
    if (!COUNTED.some((folder) => file.startsWith(`${folder}/`))) continue;
    for (const one of functions) addSteps(work, partOf(file, one), stepsOf(one));
  }
}

/** What was counted since it was asked for the last time. */
function takeCounts(): readonly Profiler.ScriptCoverage[] {
  let scripts: readonly Profiler.ScriptCoverage[] = [];
  // The answer is there when `post` returns.
  session.post('Profiler.takePreciseCoverage', (error, answer) => {
    if (!error) scripts = answer.result;
  });
  return scripts;
}

function partOf(file: string, one: Profiler.FunctionCoverage): string {
  const part = `${file} ${one.functionName} at ${one.ranges[0]?.startOffset ?? 0}`;
  // What sets the fields of a new object has no blocks.
  const isBlind = !one.isBlockCoverage && one.functionName !== '<instance_members_initializer>';
  if (isBlind && stepsOf(one) > 0) throw new Error(`${part} ran before its loops could be counted`);
  return part;
}

function stepsOf({ ranges }: Profiler.FunctionCoverage): number {
  return ranges.reduce((sum, { count }) => sum + count, 0);
}

function addSteps(work: Work, part: string, steps: number): void {
  if (steps > 0) work.set(part, (work.get(part) ?? 0) + steps);
}

type Method = (...args: readonly unknown[]) => unknown;
/** How many elements or characters a call walks over. */
type Walk = (self: unknown, args: readonly unknown[], result: unknown) => number;

const lengthOf = (value: unknown) => (value as ArrayLike<unknown>).length;
const whole: Walk = (self) => lengthOf(self);
const found: Walk = (_, __, result) => lengthOf(result);
const moved: Walk = (self, args, taken) => lengthOf(self) - Number(args[0]) + lengthOf(taken);
const one: Walk = () => 1;

/** One that goes on from match to match has read the whole text when it finds no more. */
function searched(self: unknown, args: readonly unknown[], result: unknown): number {
  const { global, sticky } = self as RegExp;
  const match = result as RegExpExecArray | null;
  if (match) return (global || sticky ? 1 : match.index) + match[0].length;
  return sticky ? 1 : String(args[0]).length;
}

const iteratorOf = (list: Iterable<unknown>) => Object.getPrototypeOf(list[Symbol.iterator]()) as object;

/** What walks over a list or a text without a step of ours. */
const BUILT_INS: readonly (readonly [
  name: string,
  holder: object,
  walk: Walk,
  methods: readonly string[],
])[] = [
  [
    'list',
    Array.prototype,
    whole,
    ['includes', 'indexOf', 'lastIndexOf', 'join', 'sort', 'reverse', 'unshift'],
  ],
  ['list', Array.prototype, found, ['concat', 'slice', 'flat']],
  ['list', Array.prototype, moved, ['splice']],
  ['element', iteratorOf([]), one, ['next']],
  ['element', iteratorOf(new Map()), one, ['next']],
  ['element', iteratorOf(new Set()), one, ['next']],
  ['table', Object, found, ['entries', 'keys', 'values']],
  [
    'text',
    String.prototype,
    whole,
    ['includes', 'indexOf', 'lastIndexOf', 'replaceAll', 'split', 'toLowerCase'],
  ],
  ['pattern', RegExp.prototype, searched, ['exec']],
];

/** Counts what the built-in methods walk over until the returned function is called. */
function watchBuiltIns(work: Work): () => void {
  const undo = BUILT_INS.flatMap(([name, holder, walk, methods]) =>
    methods.map((method) =>
      watch(holder, method, (self, args, result) => {
        addSteps(work, `built in: ${name}.${method}`, walk(self, args, result));
      }),
    ),
  );
  return () => {
    undo.forEach((restore) => {
      restore();
    });
  };
}

/** `tell` must not walk over a list itself: it would be told of that too. */
function watch(holder: object, method: string, tell: (...call: Parameters<Walk>) => void): () => void {
  const was = Object.getOwnPropertyDescriptor(holder, method);
  if (!was) throw new Error(`there is no ${method}`);
  const original = was.value as Method;
  const value = function (this: unknown, ...args: readonly unknown[]): unknown {
    const result = Reflect.apply(original, this, args);
    tell(this, args, result);
    return result;
  };
  Object.defineProperty(holder, method, { ...was, value });
  return () => {
    Object.defineProperty(holder, method, was);
  };
}
