import type { Operation, Plan } from '../model.js';

/**
 * The plan as stable text, one operation a line: the language of the planner's tests. `#2`: needs that one; `~2`: waits
 * until it has ended; `?2-5`: a step of the way back, carried out only where one of these has failed.
 */
export function printPlan(plan: Plan): string {
  const numbers = new Map(plan.operations.map((op, i) => [op.id, i + 1]));
  const apps = plan.apps.map((a) => `${a.app}: ${a.verb}${a.held === null ? '' : ` (held: ${a.held})`}`);
  const operations = plan.operations.map((op) => printOperation(op, numbers));
  const problems = plan.problems.map((p) => `problem: ${p.message}`);
  return [...apps, ...operations, ...problems].join('\n');
}

function printOperation(op: Operation, numbers: ReadonlyMap<string, number>): string {
  const refs = (ids: readonly string[], sign: string) => ids.map((id) => `${sign}${numbers.get(id) ?? '?'}`);
  const rescues = op.rescues ? [`?${ranges(op.rescues.map((id) => numbers.get(id) ?? 0))}`] : [];
  const edges = [...refs(op.needs, '#'), ...refs(op.after, '~'), ...rescues].join(' ');
  const interrupts = op.interrupts === 'nothing' ? '' : ` !${op.interrupts}`;
  return `[${numbers.get(op.id) ?? 0}]${edges ? ` ${edges}` : ''} ${op.id}, ${op.cause}${interrupts}`;
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
