import { InvalidArgumentError, Option } from 'commander';
import { faultOfReason, printHold, termsOf, type Hold } from '../../domain/hold.js';
import type { Actual, ActualApp } from '../../domain/actual.js';
import { LABEL } from '../../domain/labels.js';
import type { AppName } from '../../domain/names.js';
import { EXIT, ProblemError, type ExitCode, type Problem } from '../../domain/problem.js';
import { oneLine } from '../../ui/index.js';
import { LOCAL } from '../../runtime/daemons.js';
import { isServed } from '../../runtime/held.js';
import { nothingWanted, observeFor } from '../../runtime/observe.js';
import { namesOf, petIn } from '../../runtime/pets.js';
import { withLock, type LockOptions } from '../../runtime/project-lock.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { CommandLine } from '../command-line.js';
import { dryRun, examples, withLockOptions } from '../options.js';
import { parseUntil } from '../until.js';

type HoldOptions = LockOptions & { readonly until?: string; readonly because?: string };

export function addHold({ program, actionOf }: CommandLine): void {
  withLockOptions(program.command('hold <app...>'))
    .summary('keep apps at the system that serves them')
    .description(
      'Keeps apps at the system that serves them, whatever the manifest, pets.lock or a source says: `up` neither evaluates, builds nor switches to another, --retry included, and `update` leaves their pins. Ports, limits, secrets that the system has and the like are applied. Once more, it changes date and reason.',
    )
    .addOption(
      new Option(
        '--until <date>',
        'when it ends by itself: 2026-12-24, 2026-12-24T18:00, or 12h, 3d, 2w from now',
      ).argParser((text) => parseUntil(text, new Date())),
    )
    .addOption(
      new Option('--because <text>', 'why, for those who find it: up to 200 characters').argParser(
        reasonFrom,
      ),
    )
    .addOption(dryRun())
    .addHelpText(
      'after',
      examples(
        'pets hold web',
        "pets hold web --until 2026-12-24 --because 'before the holidays'",
        'pets hold @shop --until 2w',
      ),
    )
    .action(actionOf(hold));
  withLockOptions(program.command('unhold <app...>'))
    .summary('end a hold: the next `up` goes on')
    .description(
      'Ends what `hold` began. Nothing else changes: the next `pets up` brings the app to what the manifest says. One that is not held is nothing to do.',
    )
    .addOption(dryRun())
    .addHelpText('after', examples('pets unhold web && pets up web', "pets unhold '*'"))
    .action(actionOf(unhold));
}

function reasonFrom(text: string): string {
  const fault = faultOfReason(text);
  if (fault !== null) throw new InvalidArgumentError(`${fault}.`);
  return text.trim();
}

async function hold(runtime: Runtime, options: HoldOptions, selectors: readonly string[]): Promise<ExitCode> {
  const { until = null, because = null } = options;
  const terms: Hold = { at: new Date().toISOString(), until, because };
  const is = options.dryRun === true ? 'would be' : 'is';
  return write(runtime, options, selectors, (names, actual) => {
    const pets = [...names].map((name) => petIn(actual, name));
    const problems = pets.flatMap((app) => (isServed(app) ? [] : notWhole(app)));
    if (problems.length > 0) throw new ProblemError(problems);
    return pets.map(({ name }) => ({
      name,
      value: printHold(terms),
      line: `${name} ${is} held${termsOf(terms)}`,
    }));
  });
}

function notWhole({ name }: ActualApp): Problem {
  return {
    code: 'app-not-whole',
    app: name,
    message: `nothing of \`${name}\` serves yet that could be kept`,
    hint: `\`pets up ${name}\` brings it up`,
  };
}

function unhold(runtime: Runtime, options: LockOptions, selectors: readonly string[]): Promise<ExitCode> {
  const is = options.dryRun === true ? 'would be' : 'is';
  return write(runtime, options, selectors, (names, actual) =>
    [...names].map((name) => {
      const isHeld = actual.apps.some((app) => app.name === name && app.hold !== null);
      if (!isHeld) return { name, value: null, line: `${name} is not held` };
      return { name, value: '', line: `${name} ${is} held no more; \`pets up ${name}\` goes on` };
    }),
  );
}

/** What is written in the label of an app; null: nothing. */
type Written = { readonly name: AppName; readonly value: string | null; readonly line: string };

async function write(
  runtime: Runtime,
  options: LockOptions,
  selectors: readonly string[],
  writtenFor: (names: ReadonlySet<AppName>, actual: Actual) => readonly Written[],
): Promise<ExitCode> {
  const read = () => runtime.project();
  return withLock(runtime, { ...options, read }, async ({ manifest }) => {
    const { dryRun } = options;
    const actual = await observeFor(runtime, manifest.project, { ...nothingWanted, dryRun });
    const incus = runtime.daemons.get(LOCAL).incus(manifest.project);
    for (const { name, value, line } of writtenFor(namesOf(selectors, manifest, actual), actual)) {
      if (value !== null && dryRun !== true) await incus.setConfig(name, { [LABEL.hold]: value });
      runtime.output.write(`${runtime.output.typed(oneLine(line))}\n`);
    }
    return EXIT.ok;
  });
}
