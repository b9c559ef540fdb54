import { NO_FACTS, type Facts, type Inspection } from '../domain/contract.js';
import type { Locked } from '../domain/manifest.js';
import type { Exec } from '../lib/program.js';
import { ProblemError, problemOf } from '../domain/problem.js';
import { withInputs, type Evaluate } from './assemble.js';
import type { AssembledApp, Inputs } from './inputs.js';
import { makeRunFolder } from './run-folder.js';
import { toolsOver } from './tools.js';

export type Inspect = (app: AssembledApp, pins: Readonly<Record<string, Locked>>) => Promise<Inspection>;

/**
 * Looks at a flake as a deploy would, and builds nothing; `assembly`: as `nixOver` has it. Rejects with Nix' words
 * where not even the flake's outputs can be listed.
 */
export function inspectorOver(exec: Exec, assembly: string): Inspect {
  const tools = toolsOver(exec, assembly, new Set());
  return async (app, pins) => withInputs({ app, pins, folder: await makeRunFolder(), tools }, inspectFlake);
}

type Seen = { readonly facts: Partial<Facts>; readonly unseen: Inspection['unseen'] };

/** One evaluation where all is well; of what is not, as much as can be seen. */
async function inspectFlake(evaluate: Evaluate, { isLocked }: Inputs): Promise<Inspection> {
  const whole = await evaluate('contract.whole').catch(refusal);
  if (!(whole instanceof ProblemError))
    return { facts: { ...NO_FACTS, ...(whole as Facts), isLocked }, problem: null, unseen: {} };
  await evaluate('contract.options.outputs');
  const { facts, unseen } = await withDefaultProgram(await see(NAMES, evaluate), evaluate);
  return { facts: { ...NO_FACTS, ...facts, isLocked }, problem: problemOf(whole), unseen };
}

/** What the whole system is not needed for; what fails most is last. */
const NAMES = [
  ...(['kind', 'version', 'outputs', 'inputs', 'platforms', 'packages', 'modules', 'homeModules'] as const),
  ...(['arguments', 'mainPrograms', 'services', 'settings'] as const),
];

/** Looks at some facts together; where one fails, at fewer and fewer, until it is alone. */
async function see(names: readonly (keyof Facts)[], evaluate: Evaluate): Promise<Seen> {
  const some = `facts: { inherit (facts) ${names.join(' ')}; }`;
  const seen = await evaluate('contract.options', ['--apply', some]).catch(refusal);
  if (!(seen instanceof ProblemError)) return { facts: seen as Partial<Facts>, unseen: {} };
  const [name = 'kind'] = names;
  if (names.length === 1) return { facts: {}, unseen: { [name]: problemOf(seen) } };
  const half = Math.ceil(names.length / 2);
  const first = await see(names.slice(0, half), evaluate);
  const rest = await see(names.slice(half), evaluate);
  return { facts: { ...first.facts, ...rest.facts }, unseen: { ...first.unseen, ...rest.unseen } };
}

/** The default package counts, whatever other packages are broken. */
async function withDefaultProgram({ facts, unseen }: Seen, evaluate: Evaluate): Promise<Seen> {
  if (unseen.mainPrograms === undefined || unseen.packages !== undefined) return { facts, unseen };
  const others = Object.fromEntries(Object.entries(unseen).filter(([name]) => name !== 'mainPrograms'));
  if (facts.packages?.includes('default') !== true) return { facts, unseen: others };
  const program = await evaluate('contract.options.mainPrograms.default').catch(refusal);
  if (program instanceof ProblemError)
    return { facts, unseen: { ...unseen, mainPrograms: problemOf(program) } };
  return { facts: { ...facts, mainPrograms: { default: program as string | null } }, unseen: others };
}

function refusal(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  throw error;
}
