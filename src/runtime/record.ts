import type { Plan } from '../domain/plan.js';
import { EXIT, ProblemError, type ExitCode } from '../domain/problem.js';
import { runId } from '../state/runs/id.js';
import { ownProcess } from '../state/runs/process.js';
import { RunRecord } from '../state/runs/write.js';
import { eventLine, jsonText, outcomeRecord } from '../ui/index.js';
import type { Runtime } from './runtime.js';
import { userName } from './user.js';
import { VERSION } from '../domain/version.js';

/** What a run puts down as it goes. */
export type Written = Pick<RunRecord, 'event' | 'logOf'>;

const unwritten: Written = { event: () => undefined, logOf: () => null };

/** Carries out a plan and leaves a record of it; where there is nothing to do, none. */
export async function recordRun(
  runtime: Runtime,
  { verb, plan }: { readonly verb: string; readonly plan: Plan },
  carryOut: (record: Written) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (plan.operations.length === 0) return carryOut(unwritten);
  const record = recordOf(verb, plan, runtime);
  let code: ExitCode = EXIT.bug;
  try {
    code = await carryOut(record);
    return code;
  } catch (error) {
    if (error instanceof ProblemError) code = error.exitCode;
    throw error;
  } finally {
    record.end(code);
    if (record.problem !== null)
      runtime.output.notice('warning', `the record of this run is not whole: ${record.problem}`);
  }
}

function recordOf(verb: string, plan: Plan, { argv, state }: Runtime): RunRecord {
  const at = Date.now();
  const meta = {
    v: 1,
    id: runId(at, Math.random()),
    project: plan.project,
    verb,
    argv,
    user: userName(),
    process: ownProcess(),
    version: VERSION,
    started: new Date(at).toISOString(),
    ended: null,
    exitCode: null,
  } as const;
  const print = { json: jsonText, event: eventLine, outcome: outcomeRecord };
  return new RunRecord(state.runs(plan.project), meta, plan, print);
}
