import type { Plan } from '../domain/plan.js';
import { EXIT, ProblemError, type ExitCode } from '../domain/problem.js';
import { diffText } from '../ui/index.js';
import type { Output } from './output.js';
import { locateProblems, type Project } from './project.js';

type Shown = { readonly plan: Plan; readonly project: Project; readonly remarks?: readonly string[] };

/** Prints what a plan would do, as `diff` does, with what a person should know besides. Nothing is touched. */
export function showPlan(output: Output, { plan, project, remarks = [] }: Shown): ExitCode {
  const text = output.typed(diffText(plan, { color: output.colors.stdout }));
  output.write(`${text}${remarks.map((line) => `${line}\n`).join('')}`);
  if (plan.problems.length > 0) throw new ProblemError(locateProblems(plan.problems, project), EXIT.manifest);
  return EXIT.ok;
}
