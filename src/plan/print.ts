import type { Operation, Plan } from '../model.js';

/** The plan as stable text, one operation a line: the language of the planner's tests. */
export function printPlan(plan: Plan): string {
  const numbers = new Map(plan.operations.map((op, i) => [op.id, i + 1]));
  const apps = plan.apps.map((a) => `${a.app}: ${a.verb}${a.held === null ? '' : ` (held: ${a.held})`}`);
  const operations = plan.operations.map((op) => printOperation(op, numbers));
  const problems = plan.problems.map((p) => `problem: ${p.message}`);
  return [...apps, ...operations, ...problems].join('\n');
}

function printOperation(op: Operation, numbers: ReadonlyMap<string, number>): string {
  const refs = (ids: readonly string[], sign: string) => ids.map((id) => `${sign}${numbers.get(id) ?? '?'}`);
  const rescues = op.rescues ? ` ?${op.rescues.map((id) => numbers.get(id) ?? '?').join(',')}` : '';
  const edges = `${[...refs(op.needs, '#'), ...refs(op.after, '~')].join(' ')}${rescues}`.trim();
  const interrupts = op.interrupts === 'nothing' ? '' : ` !${op.interrupts}`;
  return `[${numbers.get(op.id) ?? 0}]${edges ? ` ${edges}` : ''} ${op.id}, ${op.cause}${interrupts}`;
}
