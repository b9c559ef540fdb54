import { didYouMean } from '../../lib/closest-match.js';
import type { ProblemCode } from '../../domain/problem-code.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import type { Run } from '../../domain/run.js';
import { listRuns, readRun } from '../../state/runs/read.js';
import { appsOf, jsonText, outcomeRecord, planRecord, runsText, runText } from '../../ui/index.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { CommandLine } from '../command-line.js';
import { examples, withGlobalOptions } from '../options.js';

type RunsOptions = { readonly json: boolean };

export function addRuns({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('runs [id]'))
    .summary('list what `up` and `down` did, or show one run')
    .description(
      'Lists the recorded runs of the project, the newest first. With an id, the beginning of one, or `last`: what became of each app, why, and where the logs are. Asks no daemon.',
    )
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      examples('pets runs', 'pets runs last', 'pets runs 20261121T19', 'pets runs --json'),
    )
    .action(actionOf(runs));
}

/** The project's recorded runs, or one of them. Reads files, nothing else. */
async function runs(runtime: Runtime, options: RunsOptions, given: string | undefined): Promise<ExitCode> {
  const { manifest } = await runtime.project();
  const directory = runtime.state.runs(manifest.project);
  try {
    const ids = listRuns(directory);
    const found = (given === undefined ? ids : [pickRun(given, ids)]).map((id) => readRun(directory, id));
    runtime.output.write(textOf(runtime, options, manifest.project, found, given === undefined));
    return EXIT.ok;
  } catch (error) {
    if (error instanceof ProblemError || !isDenied(error)) throw error;
    throw new ProblemError({
      code: 'run-unreadable',
      message: `cannot read the runs of \`${manifest.project}\`: ${error.message}`,
      hint: 'a run can be read by the user whose it was, and by root; PETS_STATE_DIR says where they are',
    });
  }
}

/** The id that is meant by an id, the beginning of one, or `last`. `ids`: the newest first. */
export function pickRun(given: string, ids: readonly string[]): string {
  const [newest] = ids;
  if (newest === undefined) throw unknownRun('no run of this project is recorded', '`pets up` makes one');
  if (given === 'last') return newest;
  const fitting = ids.filter((id) => given !== '' && id.startsWith(given));
  const [only, ...more] = fitting;
  if (only === undefined) {
    const meant = didYouMean(given, ['last', ...ids]) ?? `the newest is ${newest}`;
    throw unknownRun(`there is no run \`${given}\``, `${meant}; \`pets runs\` lists them`);
  }
  if (more.length > 0 && only !== given)
    throw unknownRun(
      `\`${given}\` fits ${fitting.length} runs`,
      `there are ${fitting.join(', ')}`,
      'name-ambiguous',
    );
  return only;
}

function unknownRun(message: string, hint: string, code: ProblemCode = 'run-unknown'): ProblemError {
  return new ProblemError({ code, message, hint }, EXIT.usage);
}

function isDenied(error: unknown): error is NodeJS.ErrnoException {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'EACCES' || code === 'EPERM';
}

function textOf(
  runtime: Runtime,
  options: RunsOptions,
  project: string,
  found: readonly Run[],
  isList: boolean,
): string {
  if (options.json) {
    const records = found.map((run) => ({ ...headOf(run), ...(isList ? briefOf(run) : wholeOf(run)) }));
    return jsonText({ version: 1, project, ...(isList ? { runs: records } : records[0]) });
  }
  const [run] = found;
  const color = runtime.output.colors.stdout;
  if (isList || !run) return runsText(found, Date.now());
  return runtime.output.typed(runText(run, { color, now: Date.now() }));
}

function headOf({ id, started, state, meta, directory, unreadable }: Run): object {
  return {
    id,
    outcome: state,
    verb: meta?.verb ?? null,
    argv: meta?.argv ?? null,
    user: meta?.user ?? null,
    pid: meta?.process.pid ?? null,
    pets: meta?.version ?? null,
    started,
    ended: meta?.ended ?? null,
    exitCode: meta?.exitCode ?? null,
    directory,
    unreadable,
  };
}

function briefOf(run: Run): object {
  return { apps: appsOf(run).map(({ app, verb, result }) => ({ app, verb, result })) };
}

function wholeOf(run: Run): object {
  const { plan, files } = run;
  return {
    ...outcomeRecord({ apps: appsOf(run), interrupted: run.state === 'interrupted' }),
    plan: plan && planRecord(plan),
    files,
  };
}
