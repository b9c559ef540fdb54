import { LOCAL } from '../../runtime/daemons.js';
import { dirname } from 'node:path';
import { profileDirectory } from '../../stores/backend.js';
import { diagnose } from '../../doctor/check.js';
import { CHECKS } from '../../doctor/checks.js';
import type { ManifestFound, World } from '../../doctor/world.js';
import { forwardersOf } from '../../incus/observe/forwarders.js';
import { listeningSockets } from '../../incus/observe/sockets.js';
import type { InstanceJson } from '../../domain/services.js';
import { EXIT, formatProblem, ProblemError, type ExitCode } from '../../domain/problem.js';
import { doctorText, jsonText } from '../../ui/index.js';
import type { CommandLine } from '../command-line.js';
import type { Runtime } from '../../runtime/runtime.js';
import { examples, withGlobalOptions, type JsonOption } from '../options.js';
import { NoManifest } from '../../runtime/project.js';

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

/** Of one answer, of one program, and of a check as a whole. */
const LIMITS_MS = { answer: 5_000, program: 8_000, check: 10_000 };

async function doctor(runtime: Runtime, options: JsonOption): Promise<ExitCode> {
  const checks = await diagnose(CHECKS, await worldOf(runtime), LIMITS_MS.check);
  const failures = checks.filter(({ result }) => result === 'failed');
  if (options.json) {
    runtime.output.write(jsonText({ version: 1, checks }));
  } else {
    const color = runtime.output.colors.stdout;
    runtime.output.write(doctorText(options.quiet ? failures : checks, { color }));
  }
  return failures.length > 0 ? EXIT.failed : EXIT.ok;
}

async function worldOf(runtime: Runtime): Promise<World> {
  const { socket, ...daemon } = runtime.daemons.get(LOCAL);
  const manifest = await manifestOf(runtime);
  const project = manifest.kind === 'read' ? manifest.manifest.project : null;
  const ask = daemon.ask(LIMITS_MS.answer);
  return {
    ask,
    socket,
    manifest,
    exec: (command, args, options) =>
      runtime.programs.exec(command, args, { ...options, limitMs: LIMITS_MS.program }),
    folders: {
      profiles: dirname(profileDirectory(project ?? '', 'app')),
      state: runtime.state.folder(project ?? ''),
    },
    forwarders: async () => {
      const instances = (await ask('/1.0/instances?recursion=1')) as readonly InstanceJson[];
      return forwardersOf(project, instances, listeningSockets());
    },
  };
}

async function manifestOf(runtime: Runtime): Promise<ManifestFound> {
  try {
    return { kind: 'read', manifest: (await runtime.project()).manifest };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (error instanceof NoManifest) return { kind: 'none', why: error.message };
    const [first, ...more] = error.problems.map((problem) =>
      formatProblem({ message: problem.message, ...(problem.place ? { place: problem.place } : {}) }),
    );
    const others = more.length > 0 ? `, and ${more.length} more` : '';
    return { kind: 'invalid', why: `${first ?? ''}${others}`, fix: 'pets validate' };
  }
}
