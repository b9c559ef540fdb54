import equal from 'fast-deep-equal';
import type { Operation, Plan } from '../domain/plan.js';
import { BACK, edgesBack } from './rollback.js';

type Numbers = ReadonlyMap<string, number>;

/**
 * The plan as stable text, one operation a line: the language of the planner's tests. `#2`: needs that one; `~2`: waits
 * until it has ended; `?2-5`: a step of the way back, carried out only where one of these has failed.
 *
 * The way back of an app is one line, unless it is to be `spelled out`: `[9-13] ?5-6 web back to generation 1: condemn
 * stop return?4-6 start settle`. Each step waits for the one before it and needs the last of those that are vital (see
 * rescue.ts), a stop interrupts the container, and `?5-6` is of all that do not say otherwise. A step that is not like
 * that has a line of its own.
 */
export function printPlan(plan: Plan, { wayBack }: { readonly wayBack?: 'spelled out' } = {}): string {
  const numbers = new Map(plan.operations.map((op, i) => [op.id, i + 1]));
  const apps = plan.apps.map((a) => `${a.app}: ${a.verb}${a.held === null ? '' : ` (held: ${a.held})`}`);
  const lines =
    wayBack === 'spelled out' ? plan.operations.map((op): Line => [op]) : foldLines(plan.operations);
  const operations = lines.map((steps) => printLine(steps, numbers));
  const problems = plan.problems.map((p) => `problem: ${p.message}`);
  return [...apps, ...operations, ...problems].join('\n');
}

function printLine(line: Line, numbers: Numbers): string {
  return line.length === 1 ? printOperation(line[0], numbers) : printWayBack(line, numbers);
}

function printOperation(op: Operation, numbers: Numbers): string {
  const refs = (ids: readonly string[], sign: string) => ids.map((id) => `${sign}${numbers.get(id) ?? '?'}`);
  const rescues = op.phase === 'rollback' ? [due(op, numbers)] : [];
  const edges = [...refs(op.needs, '#'), ...refs(op.after, '~'), ...rescues].join(' ');
  const interrupts = op.interrupts === 'nothing' ? '' : ` !${op.interrupts}`;
  return `[${numbers.get(op.id) ?? 0}]${edges ? ` ${edges}` : ''} ${op.id}, ${op.cause}${interrupts}`;
}

function due(op: Operation, numbers: Numbers): string {
  const rescues = op.phase === 'rollback' ? op.rescues : [];
  return `?${ranges(rescues.map((id) => numbers.get(id) ?? 0))}`;
}

/** `4,6-11`: most often what makes a step due is all that comes after something. */
function ranges(sorted: readonly number[]): string {
  const found: [first: number, last: number][] = [];
  for (const number of sorted) {
    const range = found.at(-1);
    if (range?.[1] === number - 1) range[1] = number;
    else found.push([number, number]);
  }
  return found.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

/** What one line is about: an operation, or several steps of a way back. */
type Line = [first: Operation, ...others: Operation[]];

function foldLines(operations: readonly Operation[]): Line[] {
  const lines: Line[] = [];
  for (const op of operations) {
    const line = lines.at(-1);
    if (line && goesOn(line, op)) line.push(op);
    else lines.push([op]);
  }
  return lines;
}

function goesOn(line: Line, op: Operation): boolean {
  const [first] = line;
  const causes = new Set([...line, op].filter(goesBack).map(({ cause }) => cause));
  const isSameWay = op.app === first.app && causes.size === 1;
  return isSameWay && isPlain(first, []) && isPlain(op, line);
}

/** The others are there for what happened: they say that in words of their own. */
function goesBack({ action }: Operation): boolean {
  return action.kind !== 'condemn' && action.kind !== 'snapshot';
}

/** Whether a line that only names this step of a way back behind those before says all that there is to it. */
function isPlain(op: Operation, before: readonly Operation[]): boolean {
  const edges = edgesBack(before);
  return (
    op.phase === 'rollback' &&
    op.id === `${op.app}/${nameOf(op)}${BACK}` &&
    op.interrupts === (op.action.kind === 'stop' ? 'container' : 'nothing') &&
    equal([op.needs, op.after], [edges.needs, edges.after])
  );
}

function nameOf({ id, app }: Operation): string {
  return id.slice(app.length + 1, -BACK.length);
}

function printWayBack(steps: Line, numbers: Numbers): string {
  const dues = steps.map((op) => due(op, numbers));
  const usual = commonest(dues);
  const names = steps.map((op, i) => `${nameOf(op)}${dues[i] === usual ? '' : (dues[i] ?? '')}`);
  const first = numbers.get(steps[0].id) ?? 0;
  const cause = steps.find(goesBack)?.cause ?? '';
  return `[${first}-${first + steps.length - 1}] ${usual} ${steps[0].app} ${cause}: ${names.join(' ')}`;
}

/** The first of those that are there most often. */
function commonest(texts: readonly string[]): string {
  const times = (text: string) => texts.filter((other) => other === text).length;
  return texts.reduce((most, text) => (times(text) > times(most) ? text : most), '');
}
