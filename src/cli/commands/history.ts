import { sourceIn } from '../../facets/system.js';
import type { ActualApp, Generation } from '../../domain/actual.js';
import type { AppName } from '../../domain/names.js';
import { termsOf, type Hold } from '../../domain/hold.js';
import { BY_HAND } from '../../domain/labels.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import { jsonText, oneLine, table } from '../../ui/index.js';
import type { Runtime } from '../../runtime/runtime.js';
import { nothingWanted, observe } from '../../runtime/observe.js';
import { revisionOf } from '../../runtime/revision.js';
import type { CommandLine } from '../command-line.js';
import { examples, withGlobalOptions } from '../options.js';

export function addHistory({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('history <app>'))
    .summary('list the generations of an app')
    .description(
      'Lists what the app can be returned to: each generation with when it was found good, its revision, how its health was told, and its system. The current one is marked.',
    )
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets history web', 'pets history web --json'))
    .action(actionOf(history));
}

/** The generations of one app that can be returned to. */
async function history(
  runtime: Runtime,
  options: { readonly json: boolean },
  name: string,
): Promise<ExitCode> {
  const { manifest } = await runtime.project();
  const { apps } = await observe(runtime, manifest.project, nothingWanted);
  const app = petNamed(name, apps);
  const typed = runtime.output.typed;
  runtime.output.write(options.json ? jsonText(jsonOf(app)) : typed(textOf(app)));
  return EXIT.ok;
}

/** A pet by its name; none is a ProblemError. */
export function petNamed(name: string, apps: readonly ActualApp[]): ActualApp {
  const app = apps.find((one) => one.name === (name as AppName));
  if (app) return app;
  const names = apps.map((one) => one.name).join(', ');
  const hint = names === '' ? 'the project has no pets yet: `pets up` makes them' : `there are ${names}`;
  throw new ProblemError({ code: 'app-unknown', message: `there is no pet \`${name}\``, hint }, EXIT.usage);
}

type Row = {
  readonly generation: number;
  readonly current: boolean;
  readonly at: string;
  readonly revision: string | null;
  readonly toplevel: string;
  /** What the check said; null: nobody looked. */
  readonly health: string | null;
};

function rowsOf({ generations, applied }: ActualApp): Row[] {
  return generations.map(({ generation, at, toplevel, facets, healthy }: Generation) => ({
    generation,
    current: generation === applied?.generation,
    at,
    revision: revisionOf(sourceIn(facets)),
    toplevel,
    health: healthy,
  }));
}

function jsonOf(app: ActualApp): object {
  const { name, state, rejected, hold, unreadable } = app;
  const failed = rejected && { at: rejected.at, why: rejected.why };
  return { version: 1, app: name, state, generations: rowsOf(app), failed, hold, unreadable };
}

function textOf(app: ActualApp): string {
  const { name, state, rejected, hold } = app;
  const cells = rowsOf(app).map((row) => [
    row.current ? '*' : '',
    String(row.generation),
    minute(row.at),
    row.revision ?? '-',
    row.health ?? 'not checked',
    row.toplevel,
  ]);
  const lines = [
    ...(hold ? [`${heldSince(hold)}; \`pets unhold ${name}\` ends it.`] : []),
    ...(rejected
      ? [
          rejected.why === BY_HAND
            ? `What was wanted until ${minute(rejected.at)} was left by hand, and is not brought back by itself.`
            : `What was wanted at ${minute(rejected.at)} did not work: ${rejected.why}`,
          `\`pets up --retry ${name}\` ${rejected.why === BY_HAND ? 'brings it back' : 'tries it again'}.`,
        ]
      : []),
    ...(state === 'upgrading' || state === 'restoring'
      ? [`An upgrade was cut short; \`pets up ${name}\` ends it, well or back.`]
      : []),
    ...(state === 'returning'
      ? [`A rollback was cut short; \`pets up ${name}\` brings back what is wanted.`]
      : []),
    ...app.unreadable.map(
      (key) => `The record \`${oneLine(key)}\` of the instance cannot be read: somebody else has changed it.`,
    ),
    ...(cells.length === 0 ? [`No generation of \`${name}\` is recorded yet.`] : []),
  ];
  const listed =
    cells.length === 0 ? '' : table(cells, ['', 'GENERATION', 'WHEN', 'REVISION', 'HEALTH', 'SYSTEM']);
  return [listed, ...lines.map((line) => `${line}\n`)].join('');
}

function heldSince(hold: Hold): string {
  return oneLine(`Held by hand${hold.at === null ? '' : ` since ${minute(hold.at)}`}${termsOf(hold)}`);
}

/** In local time, as `date` would. */
function minute(iso: string): string {
  const at = new Date(iso);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
