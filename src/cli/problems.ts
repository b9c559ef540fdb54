import { formatProblem, problemOf, ProblemError, type Problem } from '../problem.js';
import { cleanProblem, createStyle, jsonLine, problemRecord } from '../ui/index.js';
import type { Context } from './context.js';

type Surroundings = {
  readonly argv: readonly string[];
  readonly env: Context['env'];
  readonly stream: NodeJS.WriteStream;
  readonly color: boolean;
};

/** The last word about what stopped a verb. With `--progress json` that is JSON too, usage errors included. */
export function printProblems(thrown: unknown, { argv, env, stream, color }: Surroundings): void {
  const problems: readonly Problem[] = thrown instanceof ProblemError ? thrown.problems : [problemOf(thrown)];
  if (speaksJson(argv, env)) {
    const head = { v: 1, type: 'problem', time: new Date().toISOString() };
    for (const problem of problems) {
      stream.write(`${jsonLine({ ...head, app: problem.app ?? null, ...problemRecord(problem) })}\n`);
    }
    return;
  }
  const { red, bold, dim } = createStyle(color);
  for (const problem of problems)
    stream.write(`${formatProblem(cleanProblem(problem), { error: red, place: bold, hint: dim })}\n`);
}

/** The command line may be what is wrong, so it is not parsed here but searched. */
function speaksJson(argv: readonly string[], env: Context['env']): boolean {
  const last = argv.findLastIndex((arg) => arg === '--progress' || arg.startsWith('--progress='));
  if (last < 0) return env['PETS_PROGRESS'] === 'json';
  return argv[last] === '--progress=json' || (argv[last] === '--progress' && argv[last + 1] === 'json');
}
