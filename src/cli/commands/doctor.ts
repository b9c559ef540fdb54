import { EXIT, type ExitCode } from '../../domain/problem.js';
import { doctorText, jsonText } from '../../ui/index.js';
import type { CommandLine } from '../command-line.js';
import { checkHost } from '../../runtime/doctor.js';
import type { Runtime } from '../../runtime/runtime.js';
import { examples, withGlobalOptions, type JsonOption } from '../options.js';

export function addDoctor({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('doctor'))
    .summary('check that this host has what pets needs')
    .description(
      'Checks Incus, Nix, disks, clock and limits of this host, and the manifest where there is one: what was found, and what puts it right. Changes nothing, needs no daemon, and takes ten seconds at most. Ends with 1 when a check failed.',
    )
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      examples('pets doctor', `pets doctor --json | jq '.checks[] | select(.result != "ok")'`),
    )
    .action(actionOf(doctor));
}

async function doctor(runtime: Runtime, options: JsonOption): Promise<ExitCode> {
  const checks = await checkHost(runtime);
  const failures = checks.filter(({ result }) => result === 'failed');
  if (options.json) {
    runtime.output.write(jsonText({ version: 1, checks }));
  } else {
    const color = runtime.output.colors.stdout;
    runtime.output.write(doctorText(options.quiet ? failures : checks, { color }));
  }
  return failures.length > 0 ? EXIT.failed : EXIT.ok;
}
