import { formatProblem, problemOf, ProblemError, type Problem } from '../domain/problem.js';
import { cleanProblem, createStyle, jsonLine, problemRecord, speechOf } from '../ui/index.js';
import { wantsColor, type Context, type GlobalOptions } from './context.js';

type Surroundings = {
  readonly argv: readonly string[];
  readonly env: Context['env'];
  readonly stream: NodeJS.WriteStream;
};

/** The last word about what stopped a verb. With `--progress json` that is JSON too, usage errors included. */
export function printProblems(thrown: unknown, { argv, env, stream }: Surroundings): void {
  const problems: readonly Problem[] = thrown instanceof ProblemError ? thrown.problems : [problemOf(thrown)];
  if (speaksJson(argv, env)) {
    const head = { v: 1, type: 'problem', time: new Date().toISOString() };
    for (const problem of problems) {
      stream.write(`${jsonLine({ ...head, app: problem.app ?? null, ...problemRecord(problem) })}\n`);
    }
    return;
  }
  const { red, bold, dim } = createStyle(wantsColor(colorFlag(argv, env), env, stream));
  for (const problem of problems)
    stream.write(`${formatProblem(cleanProblem(problem), { error: red, place: bold, hint: dim })}\n`);
}

function speaksJson(argv: readonly string[], env: Context['env']): boolean {
  return speechOf(optionValue('--progress', argv) ?? env['PETS_PROGRESS']) === 'json';
}

function colorFlag(argv: readonly string[], env: Context['env']): GlobalOptions['color'] {
  const value = optionValue('--color', argv) ?? env['PETS_COLOR'];
  return value === 'always' || value === 'never' ? value : 'auto';
}

/** The value of an option. The command line may be what is wrong, so it is not parsed here but searched. */
function optionValue(option: string, argv: readonly string[]): string | undefined {
  const last = argv.findLastIndex((arg) => arg === option || arg.startsWith(`${option}=`));
  return last < 0 ? undefined : (argv[last]?.split('=')[1] ?? argv[last + 1]);
}
