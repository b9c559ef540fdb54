import type { Plan } from '../domain/plan.js';
import { EXIT, ProblemError, type ExitCode } from '../domain/problem.js';
import { diffText } from '../ui/index.js';
import { wantsColor, type Context, type GlobalOptions } from './context.js';
import { located, type Project } from './project.js';
import { typedFor } from './typed.js';

/** Prints what a plan would do, as `diff` does, with what a person should know besides. Nothing is touched. */
export function showPlan(
  plan: Plan,
  remarks: readonly string[],
  project: Project,
  options: GlobalOptions,
  context: Context,
): ExitCode {
  const text = typedFor(
    options,
    context,
  )(diffText(plan, { color: wantsColor(options.color, context.env, context.stdout) }));
  context.stdout.write(`${text}${remarks.map((line) => `${line}\n`).join('')}`);
  if (plan.problems.length > 0) throw new ProblemError(located(plan.problems, project), EXIT.manifest);
  return EXIT.ok;
}
