import { printPlanRecord } from '../../domain/plan-record.js';
import { EXIT, type ExitCode } from '../../domain/problem.js';
import { readPlan } from '../../runtime/plan-file.js';
import type { Runtime } from '../../runtime/runtime.js';
import { choiceWords } from '../../runtime/saved-plan.js';
import { diffText, jsonText } from '../../ui/index.js';
import type { CommandLine } from '../command-line.js';
import { examples, withGlobalOptions } from '../options.js';

export function addShow({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('show <file>'))
    .summary('show a plan that `diff --out` saved')
    .description(
      'Prints the plan that a file holds, as `diff` printed it. Reads this file, and nothing else: whether the plan still holds, `up --plan` finds out.',
    )
    .option('--json', 'print the plan as JSON (docs/plan.schema.json)', false)
    .addHelpText('after', examples('pets show plan.json', 'pets show plan.json --json | jq .operations'))
    .action(actionOf(show));
}

/** A saved plan, for a person or a program. Asks no daemon, and no manifest. */
function show(runtime: Runtime, { json }: { readonly json: boolean }, file: string): Promise<ExitCode> {
  const { output } = runtime;
  const saved = readPlan(runtime, file);
  const { project, manifest, pets, plan } = saved;
  const from = manifest === null ? '' : ` (${manifest})`;
  output.notice('note', `plan of \`${project}\`${from}${choiceWords(saved)}, made by pets ${pets}`);
  const text = json ? jsonText(printPlanRecord(plan)) : diffText(plan, { color: output.colors.stdout });
  output.write(text);
  return Promise.resolve(EXIT.ok);
}
