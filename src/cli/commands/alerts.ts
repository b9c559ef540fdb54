import { KIND_WORDS, type Alert, type Notice, type Outgoing } from '../../domain/alert.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import { plural } from '../../lib/format.js';
import { jsonText, table } from '../../ui/index.js';
import { deliverAll, deliveringFor, notifyIn, targetsOf } from '../../runtime/alerts.js';
import { unattended } from '../../runtime/unattended.js';
import { watchApps } from '../../runtime/watch.js';
import { withLock, type LockOptions } from '../../runtime/project-lock.js';
import type { Project } from '../../runtime/project-type.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { CommandLine } from '../command-line.js';
import { examples, withLockOptions } from '../options.js';

type AlertsOptions = LockOptions & { readonly json: boolean; readonly check: boolean };
type NotifyOptions = LockOptions & { readonly test: boolean };

export function addAlerts({ program, actionOf }: CommandLine): void {
  withLockOptions(program.command('alerts'))
    .summary('list what is wrong and not mended yet')
    .description(
      'Lists the alerts of the project that are open: apps whose last run failed or was rolled back, apps that were found unhealthy or changed by hand, backups that failed, a disk that is nearly full, and runs by a timer that could not begin. One closes by itself with the run that mends it. With --check it looks first: whether each app runs, is reached, passes its health check, and is as it was last applied, and what the disks have left; whose `health.restart` says so is restarted.',
    )
    .option('--check', 'look at all apps first, and tell whom [notify] names what is new', false)
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets alerts', 'pets alerts --check', 'pets alerts --json'))
    .action(actionOf(alerts));
  withLockOptions(program.command('notify'))
    .summary('tell whom [notify] names what waits to be told')
    .description(
      'Delivers the notices that could not be delivered before, to the program or the URL that [notify] names. Each run tries that as well. With --test one more, which says that it is a test.',
    )
    .option('--test', 'send a notice that says that it is a test', false)
    .addHelpText('after', examples('pets notify --test', 'pets notify'))
    .action(actionOf(notify));
}

async function alerts(runtime: Runtime, options: AlertsOptions): Promise<ExitCode> {
  if (options.check) await unattended(runtime, 'alerts --check', () => watchApps(runtime, options));
  const { manifest } = await runtime.project();
  const { open, outbox } = runtime.state.alerts(manifest.project).read();
  if (options.json) {
    const { project } = manifest;
    runtime.output.write(jsonText({ version: 1, project, alerts: open, undelivered: outbox.length }));
    return EXIT.ok;
  }
  const text = open.length === 0 ? 'No alerts are open.\n' : table(open.map(cellsOf), HEADER);
  runtime.output.write(text);
  if (outbox.length > 0)
    runtime.output.notice(
      'note',
      `${plural(outbox.length, 'notice')} could not be delivered yet; \`pets notify\` tries again`,
    );
  return EXIT.ok;
}

const HEADER = ['APP', 'ALERT', 'SINCE', 'WHY'];

function cellsOf({ app, kind, since, message }: Alert): string[] {
  return [app ?? '-', KIND_WORDS[kind], since.replace(/:\d\d(?:\.\d+)?Z$/, 'Z').replace('T', ' '), message];
}

/** What waits, and a test besides where one is asked for. */
async function notify(runtime: Runtime, options: NotifyOptions): Promise<ExitCode> {
  const read = () => runtime.project();
  return withLock(runtime, { ...options, read }, async (project) => {
    const wanted = notifyIn(project);
    const kept = runtime.state.alerts(project.manifest.project);
    const { open, outbox } = kept.read();
    const tests = options.test ? [{ ...testNotice(), to: targetsOf(wanted) }] : [];
    const problems: string[] = [];
    // The test first: what waits may do so because somebody is away.
    const left = await deliverAll([...tests, ...outbox], deliveringFor(runtime, project, wanted), {
      onProblem: (message) => problems.push(message),
      onLeft: (waiting) => {
        if (outbox.length > 0) kept.write({ open, outbox: waiting.filter(({ kind }) => kind !== 'test') });
      },
    });
    runtime.output.write(deliveredWords([...tests, ...outbox], left, project));
    if (problems.length === 0) return EXIT.ok;
    throw new ProblemError(problems.map((message) => ({ code: 'notify-failed' as const, message })));
  });
}

function testNotice(): Notice {
  return { kind: 'test', app: null, at: new Date().toISOString(), message: 'this is a test of pets' };
}

function deliveredWords(all: readonly Outgoing[], left: readonly Outgoing[], { manifest }: Project): string {
  if (all.length === 0) return `Nothing of \`${manifest.project}\` waits to be told.\n`;
  const delivered = all.length - left.length;
  return delivered === 0 ? '' : `${plural(delivered, 'notice')} delivered\n`;
}
