import type { Facts, Inspection } from '../contract.js';
import type { Locked } from '../model.js';
import type { Exec } from '../ports.js';
import { ProblemError, problemOf } from '../problem.js';
import { withInputs, type Evaluate } from './assemble.js';
import type { AssembledApp } from './inputs.js';
import { makeRunFolder } from './run-folder.js';
import { toolsOver } from './tools.js';

export type Inspect = (app: AssembledApp, pins: Readonly<Record<string, Locked>>) => Promise<Inspection>;

/**
 * Looks at a flake as a deploy would, and builds nothing; `assembly`: as `nixOver` has it. Rejects with Nix' words
 * where not even the flake's outputs can be listed.
 */
export function inspectorOver(exec: Exec, assembly: string): Inspect {
  const tools = toolsOver(exec, assembly, new Set());
  return async (app, pins) => withInputs(app, pins, await makeRunFolder(), tools, inspection);
}

/** One evaluation where all is well; of what is not, as much as can be seen. */
async function inspection(evaluate: Evaluate): Promise<Inspection> {
  const look = async (depth: 'whole' | 'options' | 'outline') =>
    (await evaluate(`contract.${depth}`)) as Facts;
  const whole = await look('whole').catch(refusal);
  if (!(whole instanceof ProblemError)) return { facts: whole, problem: null };
  const outline = await look('outline');
  const options = await look('options').catch(refusal);
  return { facts: options instanceof ProblemError ? outline : options, problem: problemOf(whole) };
}

function refusal(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  throw error;
}
